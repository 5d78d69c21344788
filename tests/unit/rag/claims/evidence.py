"""Evidence of many kinds: prose, a table, a chart's labels, OCR, in four languages. All of it invented."""

from __future__ import annotations

HARBOUR = (
    "The port of Velmora handled 4,318.6 tonnes of salt in 2021, up from 3,902 tonnes in 2019. Dr. Ilse Varnhagen, "
    "who leads the Tidal Research Institute, said on 14 March 2022 that 37 percent of the crews were trained. The "
    "new pier is 86 m long and cost $5.2 million. Twelve cranes were bought. The temperature fell to −7 °C on 3 "
    "January 2022.",
    "Annual report of the Velmora Port Authority",
)
TABLE = (
    "Region | Visitors | Share (%) | Income (€ million)\nNorth | 12,480 | 41.5 | 3.2\nSouth | 9,075 | 30.2 | 2.75\n"
    "East Ulmen | 8,510 | 28.3 | (0.4)",
    "Table 4: Visitors to the museums of Ulmen by region, 2023",
)
CHART = (
    "% of adults who say they trust the Lanterne survey\n2018\n45\n2020\n52\n2022\n61%\nSource: Lanterne Poll, May "
    "2022",
)
CHINESE = (
    "二〇二三年三月十二日，云岭公司公布年报：全年营业收入达到3.2亿元，同比增长百分之八点五，员工共八十六人。图3显示出口占比为42%。",
)
CHINESE_DIGITS = ("截至2024年5月1日，海棠市共有35,200名志愿者，平均年龄41岁，新建公路18公里。",)
GERMAN = (
    "Der Umsatz der Firma Brennholt stieg im Jahr 2022 auf 1.234,5 Millionen Euro, das sind 7,5 % mehr als im "
    "Vorjahr. Am 3. Mai 2022 wurden zwölf Standorte eröffnet. Die Zahl der Mitarbeiter betrug 12.450.",
)
FRENCH = (
    "Le chiffre d’affaires de la société Orvanne a été de 1 234,5 millions d’euros en 2022, soit 7,5 % de plus. Le "
    "1er février 2022, trois usines ont été ouvertes à Lyon. L’entreprise emploie 12 450 personnes.",
)
OCR = (
    "TOTAL OUTPUT\nQ1 Q2 Q3 Q4\n1,205 1,310 1,298 1,402\nSource: Karrow Steel, 2O2l-2022\n"
    "Plant B: 98.6% uptime\n(1,150) net loss, $000s",
)
SCIENCE = (
    "Between 1998 and 2003 the team at the University of Tarsk measured 1.25 mg/L of nitrate; two thirds of the "
    "wells exceeded the limit. GPT-3.5 and COVID-19 are named in section 4.1. ISO 9001 applies. Roughly 3.4 billion "
    "people (half of them in Asia) were counted, 0.50 % more. Figure 3 and Table 2 show it. The reading was 12.34. "
    "The ratio is 1:2 at 10:30 am.",
    "A study by Jean-Pierre Œuvrard and Zoë Müller; World Health Organization; French and Italian data; US sample",
)
STAFF = (
    "The second phase began in the third quarter. The fee is 5 per cent, or USD 40, per person; between 3 and 5 "
    "million cards were sold. The company has 1’250 staff and 9,412.5 shares. In the 1990s it employed 2 people aged "
    "15-24.",
)
