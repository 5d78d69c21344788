"""How the generated part of the sample library is drawn: a report, a scan and pictures, all of an island that does not exist."""
