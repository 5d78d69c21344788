"""Units, currencies and scales: how they are spelled, and what follows a number."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from rag.claims.notation import END, GAP, LETTERS, any_of, by_spelling

UNITS = by_spelling("""
kg: kg, kilogram, kilograms, kilogramme, kilogrammes, kilo, kilos, Kilogramm, 公斤, 千克
g: g, gram, grams, gramme, grammes, Gramm, 克
mg: mg, milligram, milligrams, 毫克
µg: µg, μg, mcg, microgram, micrograms
lb gbp: pound, pounds
lb: lb, lbs
oz: oz, ounce, ounces
t: t, ton, tons, tonne, tonnes, Tonnen, 吨
km: km, kilometre, kilometres, kilometer, kilometers, Kilometer, kilomètres, 公里, 千米
m: m, metre, metres, meter, meters, Meter, mètres, 米
cm: cm, centimetre, centimetres, centimeter, centimeters, Zentimeter, 厘米
mm: mm, millimetre, millimetres, millimeter, millimeters, 毫米
µm: µm, μm, micron, microns
mi: mi, mile, miles, 英里
ft: ft, foot, feet
inch: inch, inches, Zoll
yd: yd, yards
l: l, L, litre, litres, liter, liters, Liter, 升
ml: ml, mL, millilitre, millilitres, milliliter, milliliters, 毫升
gal: gal, gallon, gallons
C: °C, ℃, degrees Celsius, degrees C, Grad Celsius, 摄氏度
F: °F, ℉, degrees Fahrenheit, degrees F
ms: ms, millisecond, milliseconds, 毫秒
s: sec, secs, seconds, Sekunden, secondes, 秒
min: min, mins, minute, minutes, Minute, Minuten, 分钟
h: h, hr, hrs, hour, hours, Stunde, Stunden, heure, heures, 小时
day: day, days, Tag, Tage, Tagen, jour, jours, 天
week: week, weeks, Woche, Wochen, semaine, semaines, 周
month: month, months, Monat, Monate, Monaten, mois, 个月
year: year, years, yr, yrs, Jahr, Jahre, Jahren, an, ans, année, années, 岁
decade: s, 's, ’s
W: W, watt, watts
kW: kW, kilowatt, kilowatts
MW: MW, megawatt, megawatts
GW: GW, gigawatt, gigawatts
kWh: kWh, kilowatt-hours
MWh: MWh, megawatt-hours
GWh: GWh, gigawatt-hours
TWh: TWh
V: V, volt, volts
mV: mV
Hz: Hz
kHz: kHz
MHz: MHz
GHz: GHz
kB: kB, KB
MB: MB, megabytes
GB: GB, gigabytes
TB: TB, terabytes
km/h: km/h, kph, km/hr
mph: mph
m/s: m/s
ha: ha, hectare, hectares, Hektar, 公顷
acre: acre, acres
m2: m², sqm, m2, square metres, square meters, 平方米
km2: km², km2, square kilometres, square kilometers, 平方公里
mi2: square miles
ft2: square feet, sq ft
m3: m³, m3, cubic metres, cubic meters, 立方米
am: am, a.m, AM
pm: pm, p.m, PM
times: x, ×, times, fold, 倍
usd: USD, US$, US dollars, US dollar, U.S. dollars, 美元
usd aud cad hkd sgd nzd twd: $, dollar, dollars, Dollar
aud: AUD, A$, AU$
cad: CAD, C$, CA$
hkd: HKD, HK$, 港元, 港币
sgd: SGD, S$
nzd: NZD, NZ$
twd: TWD, NT$
eur: €, EUR, euro, euros, Euro, Euros, 欧元
gbp: £, GBP, pounds sterling, 英镑
jpy cny: ¥
jpy: JPY, yen, JP¥, 日元
cny: CNY, RMB, yuan, renminbi, CN¥, 元, 人民币
inr: ₹, INR, Rs, Rs., rupees
krw: ₩, KRW, won
chf: CHF, francs, Franken
cent: cent, cents, ¢
""")
MONEY = sorted("$ € £ ¥ ₹ ₩ US$ A$ AU$ C$ CA$ HK$ S$ NZ$ NT$ JP¥ CN¥ USD EUR GBP JPY CNY RMB AUD CAD HKD SGD NZD "
                "CHF INR KRW TWD Rs. Rs".split(), key=len, reverse=True)  # fmt: skip
"""What stands before an amount."""
SCALES = {
    spelling: Fraction(10) ** int(power)
    for spelling, power in by_spelling("""
2: hundred, 百
3: thousand, thousands, k, K, Tausend, tausend, mille, mil, 千
4: 万, 萬
6: million, millions, mn, mln, Mio, Mio., Million, Millionen, millones, M, m, 百万
8: 亿, 億
9: billion, billions, bn, Billion, Mrd, Mrd., Milliarde, Milliarden, milliard, milliards, B, b, bln, 十亿
12: trillion, trillions, tn, Trillion, 万亿, 兆
""").items()
} | {"dozen": Fraction(12)}
_SCALE = re.compile(rf"{GAP}?-?(?P<scale>{any_of(SCALES)}){END}(?:\.(?={GAP}[a-zà-ÿ€$£]))?")
_PERCENT = re.compile(
    rf"{GAP}?-?(?:%|(?:[Pp]er[ -]?cent(?:age)?(?:[ -]points?)?|[Pp]rozent(?:punkte)?|[Pp]our ?cent|pct|pp){END}"
    r"|por ciento|percentage|个百分点)"
)
_UNIT = re.compile(rf"{GAP}?-?(?P<unit>{any_of(UNITS)})(?![{LETTERS}²³])")
_DECADES = ("s", "'s", "’s")


@dataclass(frozen=True, slots=True)
class Suffix:
    """What follows a number and belongs to it."""

    end: int
    scale: str = ""
    factor: Fraction = Fraction(1)
    """What the scale multiplies by; of both scales where there are two, as in `5 thousand million`."""
    percent: bool = False
    units: frozenset[str] = frozenset()


def read_suffix(text: str, end: int, *, year: bool = False) -> Suffix:
    """What follows a number that ends at `end`. `year`: the number may be a year, so `1990s` is a decade."""
    scale, factor = "", Fraction(1)
    found = _SCALE.match(text, end)
    if found:
        scale, factor, end = found["scale"], SCALES[found["scale"]], found.end()
        again = _SCALE.match(text, end)
        if again:
            factor, end = factor * SCALES[again["scale"]], again.end()
    percent = _PERCENT.match(text, end)
    if percent:
        return Suffix(percent.end(), scale, factor, percent=True)
    unit = _UNIT.match(text, end)
    if unit is None:
        return Suffix(end, scale, factor)
    spelling, decade = unit["unit"], unit["unit"] in _DECADES
    if (not decade and unit.end() - end < 2) if year else (decade and spelling != "s"):
        return Suffix(end, scale, factor)
    units = frozenset(UNITS[spelling].split())
    if spelling == "s" and not year:
        units = frozenset({"s"}) if text[end] in " -" else units | {"s"}
    return Suffix(unit.end(), scale, factor, units=units)
