"""What a person may type for a photo of each of the 200 photo classes, beside the class's own words.

The table says for each class only the nearest words; what a word implies is said once, so that a word means the same classes
everywhere: whatever is a "dog" is a "pet" and an "animal". Words are meant as people use them, not as biologists do: a chimpanzee
is a "monkey" to whoever looks for one, a bell pepper is no "fruit", a coral no "animal".

A word stands here if it is true of practically every photo of the class. Pictures of clothing show people often, not always: no
word speaks of them. Where a class's name misleads, the WordNet sense in the comment is the one in the photos.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

_IMPLIES: Mapping[str, str] = {
    # Animals
    "animal": "creature",
    "mammal": "animal",
    "wild animal": "animal",
    "farm animal": "livestock",
    "livestock": "domestic animal",
    "domestic animal": "animal",
    "pet": "household pet, animal",
    "furry animal": "fur, mammal",
    "dog": "canine, doggy, pet, domestic animal, furry animal",
    "small dog": "dog",
    "big dog": "dog",
    "retriever": "big dog",
    "cat": "house cat, kitty, feline, pet, domestic animal, furry animal",
    "big cat": "feline, wild animal, furry animal",
    "bear": "wild animal, furry animal",
    "monkey": "primate, wild animal, furry animal",
    "ape": "great ape, monkey",
    "hoofed animal": "mammal",
    "horned animal": "horns, grazing animal",
    "grazing animal": "hoofed animal",
    "bovine": "horned animal",
    "bird": "beak, feathers, wings, animal",
    "seabird": "wild animal, bird",
    "reptile": "scaly skin, animal",
    "amphibian": "animal",
    "frog": "hopping animal, amphibian",
    "bug": "small creature, arthropod",
    "small creature": "animal",
    "arthropod": "animal",
    "insect": "six legs, bug",
    "flying insect": "wings, insect",
    "butterfly": "flying insect",
    "pest": "household pest, insect",
    "arachnid": "eight legs, bug",
    "spider": "arachnid",
    "mollusk": "mollusc, gastropod, animal",
    "crustacean": "shellfish, seafood, sea creature, arthropod",
    "lobster": "crustacean",
    "sea creature": "sea life, marine animal, animal",
    "coral": "sea life, underwater, marine life",
    "underwater": "water",
    # Food and drink
    "food": "something to eat",
    "healthy food": "food",
    "fruit": "fresh fruit, healthy food",
    "yellow fruit": "fruit",
    "round fruit": "fruit",
    "citrus": "citrus fruit, juicy fruit",
    "juicy fruit": "fruit",
    "vegetable": "fresh vegetable, healthy food",
    "dish": "savory food",
    "savory food": "food",
    "baked food": "savory food",
    "meal": "dinner, lunch, dish",
    "dessert": "sweet food",
    "frozen dessert": "cold treat, dessert",
    "sweet food": "food",
    "drink": "beverage, something to drink",
    "meat": "food",
    # Vehicles
    "vehicle": "transportation, transport",
    "land vehicle": "vehicle",
    "motor vehicle": "wheels, land vehicle",
    "car": "automobile, auto, motorcar, motor vehicle",
    "bus": "passenger transport, motor vehicle",
    "van": "motor vehicle",
    "truck": "lorry, motor vehicle",
    "train": "railway, railroad, rail transport, land vehicle",
    "boat": "watercraft, water transport, vehicle",
    # Buildings, shops, landscapes
    "structure": "construction, architecture",
    "building": "structure",
    "tower": "tall structure",
    "tall structure": "structure",
    "monument": "structure",
    "bridge": "crossing, span, structure",
    "metal bridge": "bridge",
    "shop": "store, business",
    "food shop": "shop",
    "landscape": "scenery, nature, outdoors, view",
    "shore": "water, landscape",
    # At home
    "furniture": "home furnishing",
    "table": "furniture",
    "chair": "seat, furniture",
    "storage box": "box, furniture, container",
    "bottle": "container",
    "kitchenware": "kitchen item",
    "cookware": "pan, cooking pan, cooking utensil, metal object",
    "cooking utensil": "kitchenware",
    "household appliance": "home appliance, appliance",
    "bathroom": "plumbing",
    # Clothing
    "clothing": "clothes, something to wear, apparel",
    "garment": "clothing",
    "robe": "long garment",
    "long garment": "garment",
    "outerwear": "garment",
    "swimwear": "swimsuit, bathing suit, beachwear, garment",
    "hat": "headwear, fashion accessory, clothing",
    "shoe": "clothing",
    "knitwear": "knitted clothing, garment",
    # Things to work and play with
    "electronics": "electronic device, gadget, device",
    "audio player": "music player, audio, music, electronics",
    "musical instrument": "instrument, music",
    "wind instrument": "musical instrument",
    "ball": "ball game, team sport, game, sports equipment",
    "exercise": "fitness, workout, gym, sports equipment",
    "sports equipment": "sport",
    "water sport": "sport",
    "cleaning tool": "household tool",
    "household tool": "tool",
    "heavy machinery": "heavy equipment, machine",
    "garden machine": "gardening, machine, tool",
    "weapon": "war, military",
    "timer": "timepiece, time, measuring device",
    "hardware": "metal object",
    "flame": "fire, light",
    "lighting": "light",
    "medical": "medical item, health care",
    "post": "tall pole, upright",
    "fence": "barrier",
}
"""A word and what it implies; the closure is taken below."""

_NEAREST: Mapping[str, str] = {
    # Dogs, cats and other furry animals
    "n02085620": "small dog",  # Chihuahua
    "n02094433": "small dog, terrier",  # Yorkshire terrier
    "n02099601": "retriever",  # golden retriever
    "n02099712": "retriever",  # Labrador retriever
    "n02106662": "big dog",  # German shepherd
    "n02113799": "big dog, curly fur",  # standard poodle
    "n02123045": "cat",  # tabby
    "n02123394": "cat, long-haired cat",  # Persian cat
    "n02124075": "cat",  # Egyptian cat
    "n02125311": "big cat",  # cougar
    "n02129165": "big cat, african animal",  # lion
    "n02132136": "bear, big bear",  # brown bear
    "n02364673": "rodent, pet, domestic animal, furry animal",  # guinea pig
    "n02480495": "ape, reddish fur",  # orangutan
    "n02481823": "ape, african animal",  # chimpanzee
    "n02486410": "monkey, african animal",  # baboon
    "n02509815": "reddish fur, bushy tail, wild animal, furry animal",  # red panda
    "n01882714": "marsupial, australian animal, wild animal, furry animal",  # koala
    # Other mammals
    "n02074367": "sea mammal, sea cow, underwater, wild animal, sea creature, mammal",  # dugong
    "n02395406": "swine, snout, farm animal, hoofed animal",  # hog
    "n02403003": "cattle, cow, bovine, farm animal",  # ox
    "n02410509": "buffalo, bovine, wild animal",  # bison
    "n02415577": "sheep, curved horns, horned animal, wild animal",  # bighorn
    "n02423022": "antelope, horned animal, african animal, wild animal",  # gazelle
    "n02437312": "camel, desert animal, hump, livestock, mammal",  # Arabian camel
    "n02504458": "elephant, elephant trunk, big ears, huge animal, african animal, wild animal, mammal",  # African elephant
    # Birds, fish, reptiles, amphibians
    "n01855672": "waterfowl, bird",  # goose
    "n02002724": "wading bird, long beak, wild animal, bird",  # black stork
    "n02056570": "penguin, flightless bird, seabird",  # king penguin
    "n02058221": "flying bird, seabird",  # albatross
    "n01443537": "fish, pet fish, aquarium fish, fins, pet",  # goldfish
    "n01629819": "salamander, black and yellow animal, spotted skin, amphibian",  # fire salamander
    "n01641577": "frog, big frog",  # bullfrog
    "n01644900": "frog, small frog",  # tailed frog
    "n01698640": "gator, big reptile, reptile, wild animal",  # American alligator
    "n01742172": "snake, serpent, big snake, big reptile, reptile",  # boa constrictor
    # Insects and other small creatures
    "n02165456": "beetle, red beetle, spotted beetle, insect",  # ladybug
    "n02190166": "flying insect, pest",  # fly
    "n02206856": "flying insect, stinging insect, pollinator",  # bee
    "n02226429": "locust, jumping insect, insect",  # grasshopper
    "n02231487": "twig insect, camouflage, stick-like insect, insect",  # walking stick: the insect
    "n02233338": "pest, brown bug",  # cockroach
    "n02236044": "praying mantis, insect",  # mantis
    "n02268443": "flying insect, long thin body",  # dragonfly
    "n02279972": "butterfly, orange and black butterfly",  # monarch
    "n02281406": "butterfly, yellow butterfly",  # sulphur butterfly
    "n01770393": "arachnid, pincers, stinger",  # scorpion
    "n01774384": "spider, black spider",  # black widow
    "n01774750": "spider, hairy spider, big spider",  # tarantula
    "n01784675": "many legs, bug",  # centipede
    "n04275548": "cobweb, web, spider silk, silk threads, sticky threads, insect trap",  # spider web
    "n01768244": "fossil, prehistoric creature, extinct animal, stone, rock, prehistoric",  # trilobite: a fossil
    "n01944390": "spiral shell, snail shell, slimy animal, mollusk",  # snail
    "n01945685": "slimy animal, mollusk",  # slug
    "n01950731": "underwater, sea creature, mollusk",  # sea slug
    "n01910747": "tentacles, transparent animal, sea jelly, underwater, sea creature",  # jellyfish
    "n02321529": "seabed animal, sea creature",  # sea cucumber
    "n01983481": "large claws, lobster",  # American lobster
    "n01984695": "spiny shell, lobster",  # spiny lobster
    "n01917289": "coral, round coral, grooves",  # brain coral
    # Landscapes
    "n09256479": "coral, reef, sea, ocean, seabed",  # coral reef
    "n09193705": "mountain, mountains, mountain peak, high mountain, landscape",  # alp
    "n09246464": "rock face, steep rock, rock, stone, landscape",  # cliff
    "n09332890": "lake, lake view, shore",  # lakeside
    "n09428293": "beach, sea, ocean, seaside, waterfront, shore",  # seashore
    # Fruit, vegetables and other plants
    "n07747607": "round fruit, citrus",  # orange: the fruit
    "n07749582": "citrus, sour fruit, yellow fruit",  # lemon
    "n07753592": "tropical fruit, curved fruit, yellow fruit",  # banana
    "n07768694": "red fruit, fruit with seeds, round fruit",  # pomegranate
    "n07715103": "white vegetable, cabbage family, vegetable",  # cauliflower
    "n07720875": "pepper, sweet pepper, vegetable",  # bell pepper
    "n07734744": "fungus, fungi, toadstool, cap and stem, mushroom cap, fungus cap",  # mushroom
    "n12267677": "nut, oak, oak seed, oak nut, tree seed, seed",  # acorn
    # Dishes, sweets and drinks
    "n07579787": "plate of food, main course, meal",  # plate: a dish of food
    "n07583066": "dip, avocado, green dip, mexican food, dish",  # guacamole
    "n07711569": "potatoes, mash, side dish, meal",  # mashed potato
    "n07871810": "meat, ground meat, baked food, meal",  # meat loaf
    "n07873807": "italian food, fast food, melted cheese, baked food, meal",  # pizza
    "n07875152": "pie, crust, pastry, baked food, meal",  # potpie
    "n07695742": "salty snack, bread, twisted bread, baked food",  # pretzel
    "n07614500": "gelato, frozen dessert",  # ice cream
    "n07615774": "ice pop, lollypop, frozen dessert",  # ice lolly
    "n07920052": "coffee, hot drink, cup of coffee, caffeine, strong coffee, drink",  # espresso
    # Vehicles
    "n02814533": "family car, car",  # beach wagon: an estate car
    "n03100240": "open car, car",  # convertible
    "n03670208": "long car, stretched car, car",  # limousine
    "n04285008": "fast car, car",  # sports car
    "n03977966": "police vehicle, police car, police, van",  # police van
    "n03796401": "truck, van, removal truck",  # moving van
    "n04146614": "yellow bus, bus",  # school bus
    "n04487081": "city bus, electric bus, overhead wires, public transport, bus",  # trolleybus
    "n02917067": "fast train, high-speed train, passenger train, public transport, train",  # bullet train
    "n03393912": "freight train, cargo train, goods wagon, railcar, wheels, train",  # freight car
    "n03444034": "racing kart, small race car, racing, sport, motor vehicle",  # go-kart
    "n03599486": "passenger cart, cart, pulled cart, wheels, land vehicle",  # rickshaw
    "n04465501": "farm vehicle, farm machine, farm, agriculture, big wheels, heavy machinery, motor vehicle",  # tractor
    "n03447447": "rowing boat, venice boat, wooden boat, long boat, water, boat",  # gondola: the boat
    "n03662601": "rescue boat, emergency boat, sea rescue, boat",  # lifeboat
    # Buildings, monuments, bridges
    "n02793495": "farm building, farm, agriculture, building",  # barn
    "n02814860": "tower, light, navigation light, building",  # beacon: a lighthouse
    "n03042490": "ancient dwelling, ruins, cave dwelling, rock, stone, building",  # cliff dwelling
    "n04417672": "straw roof, straw, roofing, building",  # thatch
    "n04562935": "tower, water tank, water storage",  # water tower
    "n03837869": "stone pillar, stone, tall structure, monument",  # obelisk
    "n04486054": "arch, stone, arched gate, gateway, monument",  # triumphal arch
    "n03160309": "reservoir, water, barrier, concrete wall, structure",  # dam
    "n04311004": "arch, metal bridge",  # steel arch bridge
    "n04366367": "bridge with cables, metal bridge",  # suspension bridge
    "n04532670": "arch, arches, long bridge, bridge",  # viaduct
    "n03388043": "water, water feature, water jets, spraying water, jets of water, basin, structure",  # fountain
    "n02699494": "church, religion, religious place, worship, sacred place, holy place",  # altar
    # Shops
    "n02791270": "haircut, barber, hairdresser, hair salon, barber chair, shop",  # barbershop
    "n02927161": "meat, butcher, raw meat, food shop",  # butcher shop
    "n03089624": "sweets, candy, sweet shop, sweet food, food shop",  # candy store
    # Furniture and the house
    "n03179701": "writing table, office furniture, workplace, table",  # desk
    "n03201208": "dining room, dinner table, place to eat, table",  # dining table
    "n04099969": "wooden object, wooden chair, chair",  # rocking chair
    "n03014705": "wooden object, wooden box, storage box, treasure box, wooden container",  # chest: the box
    "n02788148": "railing, stair rail, hand rail, stairs, staircase, barrier",  # bannister
    "n02808440": "bathroom, bathroom fixture, washing, soaking, bathing",  # bathtub
    "n03637318": "lamp, shade of a lamp, lighting, electric light, home decor",  # lampshade
    "n04070727": "fridge, kitchen appliance, kitchen item, cold storage, household appliance",  # refrigerator
    "n04265275": "heater, heating, room heater, warmth, household appliance",  # space heater
    "n02843684": "nesting box, bird box, nest box, box, wooden object, little house",  # birdhouse
    "n03930313": "fence, garden fence, wooden fence, fence posts, yard, boundary",  # picket fence
    # Containers and the kitchen
    "n02795169": "keg, wooden keg, wooden barrel, wooden object, wooden container, container",  # barrel
    "n02909870": "open container, carrying container, water bucket, wash bucket, handled container, container",  # bucket
    "n02815834": "lab glassware, laboratory, lab equipment, chemistry, science, glass, container",  # beaker
    "n02823428": "bottle, beer, alcohol, glass, drink",  # beer bottle
    "n03983396": "bottle, soda, soft drink, fizzy drink, drink",  # pop bottle
    "n03937543": "bottle, medicine, medicine bottle, drugs, pills, medical",  # pill bottle
    "n04560804": "pitcher, jug, spout, container, kitchenware",  # water jug
    "n04398044": "tea, spout, brewing tea, container, kitchenware",  # teapot
    "n03400231": "flat pan, cookware",  # frying pan
    "n04596742": "asian cooking, round pan, cookware",  # wok
    "n04597913": "spoon, wooden object, stirring spoon, cooking utensil",  # wooden spoon
    "n02769748": "bag, shoulder straps, luggage, carrying bag, shoulder bag, straps",  # backpack
    # Clothing
    "n02669723": "graduation, gown, formal wear, ceremony, robe",  # academic gown
    "n04532106": "priest robe, religious clothing, religion, church, ceremony, robe",  # vestment
    "n03617480": "japanese dress, japanese clothing, traditional clothing, robe",  # kimono
    "n03763968": "uniform, military clothing, military, garment",  # military uniform
    "n02730930": "kitchen clothing, protective clothing, garment",  # apron
    "n02837789": "swimwear, women's swimwear",  # bikini
    "n04371430": "swimwear, shorts, swim shorts",  # swimming trunks
    "n02963159": "sweater, knitwear, warm clothing",  # cardigan
    "n03404251": "coat, fur, jacket, warm clothing, outerwear",  # fur coat
    "n03980874": "cape, cloak, wrap, outerwear",  # poncho
    "n03770439": "skirt, short skirt, women's clothing, garment",  # miniskirt
    "n04254777": "hosiery, foot covering, garment",  # sock
    "n04133789": "shoe, open shoe, footwear, summer shoe",  # sandal
    "n04259630": "hat, mexican hat, wide brim, large hat",  # sombrero
    "n02883205": "tie, necktie, neckwear, formal wear, fashion accessory, clothing",  # bow tie
    "n04356056": "glasses, eyewear, dark lenses, sun protection, fashion accessory, something to wear",  # sunglasses
    "n03424325": "mask, face mask, protective mask, breathing equipment, protective gear, protection",  # gas mask
    "n03814639": "medical collar, cervical collar, neck support, medical",  # neck brace
    "n03026506": "christmas, christmas decoration, xmas, holiday decoration, decoration, holiday",  # Christmas stocking
    "n04507155": "parasol, sunshade, rain protection, weather protection, canopy, shelter from rain",  # umbrella
    # Electronics and machines
    "n03085013": "computer, typing, keys, push buttons, electronics",  # computer keyboard
    "n03584254": "audio player, mp3 player, portable player",  # iPod
    "n02988304": "audio player, stereo, hifi",  # CD player
    "n04074963": "push buttons, tv remote, television control, electronics",  # remote control
    "n02977058": "money, cash, bank, bank machine, push buttons, machine",  # cash machine
    "n03902125": "phone, telephone, public phone, phone call, push buttons, coin-operated",  # pay-phone
    "n03891332": "parking, coin-operated, roadside meter, coins, meter, measuring device",  # parking meter
    "n04501370": "gate, entrance, entry gate, ticket gate, barrier, access control",  # turnstile
    "n03126707": "construction site, lifting machine, building site, construction machine, heavy machinery",  # crane: it lifts
    "n04179913": "sewing, stitching, tailoring, fabric, craft, machine",  # sewing machine
    "n03992509": "pottery, clay, ceramics, craft, wet clay, handicraft",  # potter's wheel
    "n03649909": "wheels, grass cutter, grass, lawn, garden machine",  # lawn mower
    # Tools and small things
    "n02906734": "cleaning tool, brush, sweeping, cleaning, bristles, long handle",  # broom
    "n03970156": "household tool, toilet, toilet tool, rubber cup, bathroom, drain cleaner",  # plunger
    "n03804744": "fastener, carpentry, construction material, steel spike, hardware",  # nail: of metal
    "n02999410": "metal links, links, steel, chain links, hardware",  # chain
    "n02892201": "sign, memorial, inscription, metal object, engraved text, writing",  # brass: a memorial plaque
    "n04067472": "fishing, fishing gear, fishing tackle, fishing equipment, fishing line, spool",  # reel: for fishing
    "n02666196": "beads, counting frame, counting, arithmetic, math, calculating",  # abacus
    "n03544143": "sand timer, sand clock, running sand, glass, timer",  # hourglass
    "n04328186": "watch, seconds, timer",  # stopwatch
    "n03706229": "navigation, direction finder, north and south, orientation, navigation tool, measuring device",  # compass
    "n02841315": "optics, optical instrument, magnifying lenses, magnification, spyglasses, seeing far",  # binoculars
    "n04376876": "injection, hypodermic, vaccine, medicine, medical",  # syringe
    "n02948072": "flame, wax, candlelight, wick, lighting",  # candle
    "n04456115": "flame, burning torch, burning stick, flaming torch, lighting",  # torch: it burns
    "n04399382": "toy, stuffed animal, plush toy, soft toy, cuddly toy, toy bear",  # teddy bear
    "n06596364": "book, cartoon, reading, comics, graphic novel, drawings, writing",  # comic book
    # Music, sport, weapons, poles
    "n03838899": "woodwind, wind instrument, orchestra instrument",  # oboe
    "n03854065": "organ pipes, church music, keyboard instrument, musical instrument",  # pipe organ
    "n03250847": "drumming, percussion, sticks, drum sticks, wooden object, music",  # drumstick: of drums
    "n02802426": "ball, hoop game, round ball",  # basketball
    "n04540053": "ball, round ball, net game",  # volleyball
    "n04118538": "ball, oval ball, football",  # rugby ball
    "n03255030": "weights, weight lifting, strength training, exercise",  # dumbbell: for exercise
    "n04023962": "boxing, boxing equipment, heavy bag, exercise",  # punching bag
    "n04149813": "score, sign, stadium, game, sport, writing",  # scoreboard
    "n04251144": "diving, diving gear, swim gear, breathing equipment, breathing tube, water sport",  # snorkel
    "n02950826": "artillery, big gun, gun, metal object, weapon",  # cannon
    "n04008634": "rocket, flying weapon, ammunition, weapon",  # projectile: a missile
    "n03355925": "flag, banner, mast, post",  # flagpole
    "n03733131": "may day, spring festival, ribbons, folk custom, post",  # maypole
    "n03976657": "rod, long rod, post, vertical pole",  # pole: a rod
}
"""The nearest words of each class; every other word follows from _IMPLIES."""


def _words(listed: str) -> list[str]:
    return [word.strip() for word in listed.split(",")]


def _with_implied(words: Iterable[str]) -> tuple[str, ...]:
    """Give the words, then what they imply, then what that implies: from near to far, each once."""
    found: dict[str, None] = {}
    level = list(words)
    while level:
        fresh = [word for word in dict.fromkeys(level) if word not in found]
        found.update(dict.fromkeys(fresh))
        level = [implied for word in fresh if word in _IMPLIES for implied in _words(_IMPLIES[word])]
    return tuple(found)


def _turned(everyday: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    classes: dict[str, set[str]] = {}
    for wnid, words in everyday.items():
        for word in words:
            classes.setdefault(word, set()).add(wnid)
    return {word: frozenset(wnids) for word, wnids in classes.items()}


EVERYDAY: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {wnid: _with_implied(_words(nearest)) for wnid, nearest in _NEAREST.items()}
)
"""WordNet id to 6 to 14 lower-case everyday words and short phrases, from near to far; no class's own words are among them."""

_CLASSES_OF: Mapping[str, frozenset[str]] = MappingProxyType(_turned(EVERYDAY))

ASKED: tuple[str, ...] = (
    *("dog", "cat", "monkey", "pet", "wild animal", "farm animal", "bird", "insect", "butterfly", "spider"),
    *("frog", "reptile", "furry animal", "sea creature", "car", "bus", "train", "boat", "vehicle", "bridge"),
    *("tower", "building", "shop", "landscape", "fruit", "vegetable", "dessert", "meal", "food", "drink"),
    *("furniture", "bottle", "kitchenware", "clothing", "swimwear", "robe", "musical instrument", "electronics"),
    *("ball", "medicine"),
)
"""What `make eval-builtin` asks of held-back photos: 40 ordinary words, no class's own, each true of two classes or more."""


def classes_of(word: str) -> frozenset[str]:
    """Give the WordNet ids of which an everyday word is true, in any case of letters; none for a word not listed."""
    return _CLASSES_OF.get(word.strip().lower(), frozenset())
