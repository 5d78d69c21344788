"""What a sentence states and its evidence does not is named, as it is written."""

from __future__ import annotations

import random

import pytest

from rag.claims.check import missing_claims
from tests.unit.rag.claims.evidence import (
    CHART,
    CHINESE,
    CHINESE_DIGITS,
    FRENCH,
    GERMAN,
    HARBOUR,
    OCR,
    SCIENCE,
    STAFF,
    TABLE,
)
from tests.unit.rag.claims.facts import TELLINGS, Fact

WRONG: list[tuple[str, tuple[str, ...], str]] = [
    ("Velmora handled 4,381.6 tonnes of salt in 2021.", HARBOUR, "4,381.6 tonnes"),
    ("Velmora handled 43,186 tonnes.", HARBOUR, "43,186 tonnes"),
    ("Velmora handled 318.6 tonnes.", HARBOUR, "318.6 tonnes"),
    ("Velmora handled 4,318 tonnes.", HARBOUR, "4,318 tonnes"),
    ("Velmora handled 4,318.6 kg of salt.", HARBOUR, "4,318.6 kg"),
    ("Salt came to 3,902 tonnes in 2018.", HARBOUR, "2018"),
    ("The crews trained were 73 percent.", HARBOUR, "73 percent"),
    ("There were 37 trained crews.", HARBOUR, "37"),
    ("There were thirty-six percent trained.", HARBOUR, "thirty-six percent"),
    ("She spoke on 14 March 2021.", HARBOUR, "14 March 2021"),
    ("She spoke on 15 March 2022.", HARBOUR, "15 March 2022"),
    ("She spoke on 2022-04-14.", HARBOUR, "2022-04-14"),
    ("She spoke in April 2022.", HARBOUR, "April 2022"),
    ("She spoke in April.", HARBOUR, "April"),
    ("The pier is 86 ft long.", HARBOUR, "86 ft"),
    ("The pier is 86% finished.", HARBOUR, "86%"),
    ("The pier cost $5.2 billion.", HARBOUR, "$5.2 billion"),
    ("The pier cost $5.2.", HARBOUR, "$5.2"),
    ("The pier cost €5.2 million.", HARBOUR, "€5.2 million"),
    ("Eleven cranes were bought.", HARBOUR, "Eleven"),
    ("13 cranes were bought.", HARBOUR, "13"),
    ("It was 7 °C on that day.", HARBOUR, "7 °C"),
    ("It was -8 °C on that day.", HARBOUR, "-8 °C"),
    ("The institute is led by Ilse Warnhagen.", HARBOUR, "Ilse Warnhagen"),
    ("Peter Varnhagen said so.", HARBOUR, "Peter Varnhagen"),
    ("The port of Belmora was enlarged.", HARBOUR, "Belmora"),
    ("NASA paid for the pier.", HARBOUR, "NASA"),
    ("It is run by the Tidal Energy Institute.", HARBOUR, "Tidal Energy Institute"),
    ("The North had 12,840 visitors.", TABLE, "12,840"),
    ("The North had 41.5 visitors in 2022.", TABLE, "2022"),
    ("The share of visitors was 12,480 %, says the table.", ("Visitors came: 12,480 in all.",), "12,480 %"),
    ("The South's share was 32.0%.", TABLE, "32.0%"),
    ("The North earned €3.2 billion.", TABLE, "€3.2 billion"),
    ("The North lost $3.2 million.", ("The North lost €3.2 million.",), "$3.2 million"),
    ("Table 5 gives the visitors.", TABLE, "Table 5"),
    ("Trust was 54% in 2018.", CHART, "54%"),
    ("Trust was 45% in 2019.", CHART, "2019"),
    ("公司于2023年3月13日公布年报。", CHINESE, "2023年3月13日"),
    ("员工共六十八人。", CHINESE, "六十八"),
    ("营业收入为3.2万元。", CHINESE, "3.2万元"),
    ("增长9.5%。", CHINESE, "9.5%"),
    ("“海岭公司”公布了年报。", CHINESE, "海岭公司"),
    ("志愿者共有3.25万名。", CHINESE_DIGITS, "3.25万"),
    ("Der Umsatz betrug 1.243,5 Millionen Euro.", GERMAN, "1.243,5 Millionen Euro"),
    ("Die Firma hat 12,450 Mitarbeiter und ist mit dem Ergebnis zufrieden.", GERMAN, "12,450"),
    ("Am 4. Mai 2022 wurden die Standorte eröffnet.", GERMAN, "4. Mai 2022"),
    ("La société emploie 12 540 personnes.", FRENCH, "12 540"),
    ("Le 2 février 2022, les usines ont été ouvertes.", FRENCH, "2 février 2022"),
    ("Output in Q2 was 1,301.", OCR, "1,301"),
    ("The uptime was 96.8 percent.", OCR, "96.8 percent"),
    ("COVID-20 is named.", SCIENCE, "COVID-20"),
    ("There were 19 cases.", SCIENCE, "19"),
    ("ISO 9002 applies.", SCIENCE, "9002"),
    ("GPT-4 is named.", SCIENCE, "GPT-4"),
    ("Figure 4 shows it.", SCIENCE, "Figure 4"),
    ("Section 4.2 says so.", SCIENCE, "Section 4.2"),
    ("Three quarters of the wells were bad.", SCIENCE, "Three quarters"),
    ("The value was 12.3.", SCIENCE, "12.3"),
    ("The value was about 12.5.", SCIENCE, "12.5"),
    ("About 3.4 million people were counted.", SCIENCE, "3.4 million"),
    ("The rise was 5%.", SCIENCE, "5%"),
    ("At 10:45 it began.", SCIENCE, "10:45"),
    ("It was shown by Zoë Möller.", SCIENCE, "Zoë Möller"),
    ("There are 9,412 shares.", STAFF, "9,412"),
    ("In the 1980s it was small.", STAFF, "1980s"),
    ("The fee is $4.", STAFF, "$4"),
    ("The fee is €40.", STAFF, "€40"),
    ("It began in Q4.", STAFF, "Q4"),
    ("5 of 15 came.", ("15 of 15 came.",), "5"),
    ("It was founded in 2024.", ("Catalogue number 12024.",), "2024"),
    ("It was held on 12 March 2024.", ("It was held in March 2024.",), "12 March 2024"),
]  # fmt: skip


@pytest.mark.parametrize(("sentence", "evidence", "wrong"), WRONG)
def test_what_the_evidence_does_not_hold_is_named_as_written(
    sentence: str, evidence: tuple[str, ...], wrong: str
) -> None:
    assert missing_claims(sentence, evidence) == (wrong,)


def test_every_one_of_a_thousand_planted_mistakes_is_caught_and_nothing_else_is_named() -> None:
    rng = random.Random(21)
    planted: dict[str, int] = {}
    for _ in range(55):
        fact = Fact(rng)
        evidence = fact.told(rng.choice(TELLINGS))
        for mistake, instead, named in fact.wrong():
            if mistake == "another name":  # at a sentence's start a lone word may be any word
                sentence = fact.told(TELLINGS[2], **instead)
                named = instead["name"]
            else:
                sentence = fact.told(rng.choice(TELLINGS), **instead)
            missing = missing_claims(sentence, [evidence])
            assert len(missing) == 1, (mistake, sentence, evidence, missing)
            assert named in missing[0], (mistake, sentence, evidence, missing)
            planted[mistake] = planted.get(mistake, 0) + 1
    assert sum(planted.values()) >= 1000
    assert len(planted) == 20


def test_mistakes_about_a_table_are_caught() -> None:
    rng = random.Random(22)
    kinds_that_a_cell_cannot_tell = {"another currency", "another unit", "percent as a plain number", "millions lost"}
    for _ in range(30):
        fact = Fact(rng)
        for mistake, instead, _named in fact.wrong():
            if mistake not in kinds_that_a_cell_cannot_tell:
                sentence = fact.told(TELLINGS[2], **instead)
                assert missing_claims(sentence, [fact.table()]), (mistake, sentence, fact.table())
