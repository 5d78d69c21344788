"""The words of the annual report."""

from __future__ import annotations

KEY_FIGURES = (
    ("366", "nights with the lamp lit"),
    ("1,343 mm", "of rain"),
    ("63", "days with a gale"),
    ("1,469", "visitors"),
)

CAPTIONS = {
    "rain": "<b>Figure 1.</b> Monthly rainfall on Vessay in 2024, in millimetres, against the mean of 1991 to 2020.",
    "wind": "<b>Figure 2.</b> Wind rose for 2024: the direction the wind came from, as a share of all hours.",
    "fog": "<b>Figure 3.</b> Hours of fog in each year from 2015 to 2024, counted at the tower gallery.",
    "visitors": "<b>Figure 4.</b> Visitors to Vessay in each season from 2010 to 2024; in 2020 the island was closed until "
    "August.",
    "weather": "<b>Table 1.</b> Weather observations at Vessay by month, 2024.",
    "accounts": "<b>Table 3.</b> Income and spending of the trust in 2024, in crowns.",
    "landings": "<b>Table 2.</b> Boats and visitors by month, season of 2024.",
}

BODY = """
<h1>1 Summary</h1>
<p>The lamp on Vessay burned on every night of 2024, and the weather station missed none of its 2,928 three-hourly
observations. It was a wet year, a windy one from October onwards, and the least foggy since the trust began to count. More
people landed on the island than in any season before.</p>
<p>Three pieces of work stand out. The gallery railing, which had been roped off since the storm of January 2022, was replaced
in May. The rain gauge was moved forty metres to the north, away from the new boathouse. And the station's paper logbooks from
1902 to 1931 were scanned and put within reach of anyone who cares to read them.</p>
<h1>2 Weather</h1>
<h2>2.1 Rain</h2>
<p>Rain fell on 219 days. The spring was dry, and the meadow behind the tower was brown by the middle of June. The autumn made
up for it: October was the wettest month at the station since observations began in 1902, and the two months that followed were
both above their mean, as Figure 1 shows. On 18 October a single front brought 41.6 mm in nine hours and washed out the lower
path to the landing.</p>
<p>The gauge was moved on 2 September. For eight weeks the old and the new site were read side by side; the new one caught two
per cent more, which is within the error of the instrument, and no correction has been made to the series. Monthly values are
given in Table 1.</p>
<h2>2.2 Wind</h2>
<p>The southwest ruled the year. The strongest gust, 47.2 metres per second, was measured on 7 December at ten minutes to four
in the afternoon, while the barometer stood at 952 hectopascals. It took two slates from the roof of the keepers' house and
nothing else. July passed without a gale, for the first time in eleven years.</p>
<p>Calm is rare here. The anemometer stood still for only 61 hours in the whole year, most of them in the small hours of June.
Figure 2 sums up the directions. Readers who sail should note that the easterlies, although few, were on average a third colder
than the westerlies of the same month and arrived with little warning on the barometer.</p>
<h2>2.3 Fog</h2>
<p>Fog on Vessay is a summer matter: warm air drifts over cold water, and the island vanishes for an afternoon. It is counted by
hand, as it has always been, by whether the beacon on the Carline Reef can be seen from the gallery. July was the foggiest month
again. Over ten years, however, the hours of fog have fallen by more than a quarter, as Figure 3 shows. Whether the sea has grown
warmer or the air drier we cannot say from one gallery. The series has been sent to the university at Tarnholm, where it is being
compared with eleven other stations along the coast.</p>
<h1>3 The light</h1>
<p>The optic was turned by its electric motor for 4,311 hours. The stand-by lamp was needed once, on 9 February, when a herring
gull found its way into the ventilator and the main lamp was put out for its sake for twenty-two minutes. The lens was cleaned
twice, with vinegar, chamois leather and patience, by the same hands as every year since 1996.</p>
<p>The mercury bath that carries the lens was emptied, filtered and refilled in April by a firm that does nothing else. A sample
of the air in the lantern room was taken before and after; both were far below the limit. The trust has decided to keep the bath
until at least 2030, because no bearing on the market would turn four tonnes of glass with so little effort.</p>
<h1>4 Visitors</h1>
<p>The season ran from 6 April to 28 September. The <i>Petrel</i> sailed from Kell Harbour on every day that the swell allowed;
twenty sailings were cancelled, most of them in the last fortnight. Table 2 gives the landings and the people who came ashore.
August was the busiest month. Two school classes stayed overnight in the fog-signal house, the first to do so since it was fitted
with bunks, and asked for the horn to be sounded. It was.</p>
<p>The open day on 24 August brought the largest crowd that the island has held on one day. Tea was served on the helicopter pad,
which has seen no helicopter since 1991, and the tower was climbed by the oldest visitor so far, Mrs Una Sorley, aged
ninety-three, whose great-grandfather lit the lamp for the first time.</p>
<h1>5 Upkeep</h1>
<p>The new gallery railing is of bronze and weighs 640 kilograms. It was brought up in eighteen pieces by the outside winch, in
four days without wind. The painting of the tower, due every seventh year, was finished in August; it took 310 litres of paint.
The diesel generator ran for 96 hours only, since the solar panels on the boathouse roof carried the station from March to
October.</p>
<p>Damp remains the enemy. The west wall of the keepers' house was opened in two places and found sound, but the plaster of the
old oil store has come away down to the stone. Repair has been put off to 2026.</p>
<h1>6 People and money</h1>
<p>Twenty-seven volunteers served as keepers for a week, among them the trust's first from Iceland and a retired dentist who
mended the barograph with a tool of her trade. The two permanent keepers, Marit Iversen and Donal Breck, took the winter watches
in turn. Training in first aid and in the use of the breeches buoy was held at Kell Harbour in March; the buoy was last used in
earnest in 1911, and nobody wishes to be the one who has forgotten how.</p>
<p>Table 3 gives the accounts. The railing was paid for by the coastal fund and by 214 gifts, the smallest of which came in an
envelope of coins from the school at Kell. Fares covered the charter of the <i>Petrel</i> with something to spare. What was left
at the end of the year has been put aside for the oil store.</p>
<h1>7 The year ahead</h1>
<p>In 2025 the trust plans to renew the cable to the anemometer, to catalogue the glass negatives found in the boathouse loft, and
to publish the bird census in full. The subscription stays at thirty crowns. Keepers for a week, who cook for themselves and read
the instruments every three hours, are asked to write to the secretary before the end of February.</p>
<h1>8 How we measure</h1>
<p>The instruments are read at midnight, three, six, nine and so on, in universal time. Temperature is taken in a white louvred
screen, 1.5 metres above the grass. Rain is measured in a copper gauge of 200 square centimetres and written down to a tenth of a
millimetre. The anemometer stands on the gallery, 64 metres above the sea, so that our gusts are not to be compared with those of
airfields. A day counts as a gale day if the mean wind of any ten minutes reached 17.2 metres per second.</p>
<p>All observations since 1902 may be had from the secretary as a table, without charge.</p>
"""
