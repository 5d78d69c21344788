"""The words of the scanned letter and the rows of the weather register."""

from __future__ import annotations

LETTER = """
To the Commissioners of Coastal Lights, Tarnholm

                              Vessay, 15 November 1911

Sirs,

I have the honour to report the loss of the steamer Haiyan,
1,840 tons, of Foochow, bound for Tarnholm with tea and
porcelain, on the Carline Reef in the morning of the 12th.

The fog came down at midnight and the horn was sounding.
The vessel struck at ten minutes past four. We heard her
whistle before we saw anything of her. Mr. Breck and I took
the rocket apparatus to the north point, and the third
rocket put a line across her bow. By half past seven all
twenty-three of her people had been brought ashore in the
breeches buoy, the captain last, with the ship's cat inside
his coat.

One fireman has a broken arm, which my wife has set. They
are lodged in the fog-signal house. We have flour for nine
days. The light was at no time out, nor the horn silent.

I beg to ask for forty blankets, and for a new manila line
of 120 fathoms, ours having been cut through on the rocks.

                   I am, Sirs, your obedient servant,




                              H. Sorley, Principal Keeper
"""

REGISTER = """
Day|Hour|Barom. in.|Wind|Sea|Remarks
9|noon|29.81|SW 4|rough|Cloudy. Boat could not land.
10|noon|29.94|SW 3|moderate|Fair. Landed coal, 3 tons.
11|noon|30.12|S 1|slight|Warm for the month. Haze.
11|midnt.|30.15|calm|smooth|Thick fog. Horn started.
12|4 a.m.|30.14|calm|swell|Fog. Steamer on Carline Reef.
12|noon|30.11|S 1|swell|Fog. 23 persons ashore.
13|noon|30.02|SE 2|slight|Fog cleared at 9 a.m.
14|noon|29.76|SE 4|moderate|Wreck broke in two.
15|noon|29.48|E 6|rough|Rain. Letter sent by pilot boat.
16|noon|29.31|NE 8|very rough|Gale. No sign of the wreck.
17|noon|29.66|N 6|rough|Squalls of hail.
18|noon|29.90|NW 4|moderate|Fair. Crew taken off by Petrel.
"""
