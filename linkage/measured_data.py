"""Written by ``python -m benchmarks.encoding --write``: measure again instead of editing."""

MEASURED: dict[str, object] = {
    # child-1
    "4d712a5e0aa3cc0117bced61f2eb0083e5bb13813a838d5c449b8f0dd36d1cfc": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000964, "low": 0.000484, "high": 0.001443, "seeds": 5},
            "known-pairs-100": {"value": 0.003673, "low": 0.002091, "high": 0.005256, "seeds": 5},
            "known-pairs-500": {"value": 0.014, "low": 0.011908, "high": 0.016092, "seeds": 5},
            "most-confident-100": {"value": 0.04, "low": 0.019919, "high": 0.060081, "seeds": 5},
            "graph-whole-overlap": {"value": 0.011, "low": 0.004657, "high": 0.017343, "seeds": 5},
            "graph-partial-overlap": {"value": 0.005, "low": 0.000671, "high": 0.009329, "seeds": 5},
            "graph-dense-class": {"value": 0.771, "low": 0.733727, "high": 0.808273, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007265, "low": 0.007169, "high": 0.007362, "seeds": 5},
            "popcount-correlation": {"value": 0.863005, "low": 0.860337, "high": 0.865673, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.114919, "low": -0.134894, "high": -0.094943, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.978075, "low": 0.974476, "high": 0.981674, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.977387, "low": 0.97472, "high": 0.980054, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.95126, "low": 0.940764, "high": 0.961755, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.954301, "low": 0.945919, "high": 0.962684, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
        ],
    },
    # child-1-recall
    "ce7f7ac762eec1de2ebfe4bc76768c49bf954fbe15da29ba3cd032c503fc079f": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.002129, "low": 0.001389, "high": 0.002868, "seeds": 5},
            "known-pairs-100": {"value": 0.007959, "low": 0.006213, "high": 0.009706, "seeds": 5},
            "known-pairs-500": {"value": 0.035156, "low": 0.030839, "high": 0.039472, "seeds": 5},
            "most-confident-100": {"value": 0.119184, "low": 0.108196, "high": 0.130171, "seeds": 5},
            "graph-whole-overlap": {"value": 0.0325, "low": 0.024142, "high": 0.040858, "seeds": 5},
            "graph-partial-overlap": {"value": 0.006667, "low": 0.000768, "high": 0.012565, "seeds": 5},
            "graph-dense-class": {"value": 0.97775, "low": 0.967667, "high": 0.987833, "seeds": 5},
            "bit-frequency-sd": {"value": 0.006721, "low": 0.006624, "high": 0.006817, "seeds": 5},
            "popcount-correlation": {"value": 0.930017, "low": 0.928804, "high": 0.931231, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.112721, "low": -0.132963, "high": -0.09248, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.974691, "low": 0.972854, "high": 0.976527, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.974882, "low": 0.973553, "high": 0.976212, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.951766, "low": 0.944957, "high": 0.958576, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.952411, "low": 0.947927, "high": 0.956895, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
        ],
    },
    # child-1-high
    "f6af4b6c5b3e77059d1ca9c7fd65ed3fa81cc88a09068076ef387f5dad2d8314": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000723, "low": 0.000149, "high": 0.001297, "seeds": 5},
            "known-pairs-100": {"value": 0.002163, "low": 0.001553, "high": 0.002774, "seeds": 5},
            "known-pairs-500": {"value": 0.008178, "low": 0.006624, "high": 0.009731, "seeds": 5},
            "most-confident-100": {"value": 0.021224, "low": 0.012159, "high": 0.03029, "seeds": 5},
            "graph-whole-overlap": {"value": 0.007, "low": -7.9e-05, "high": 0.014079, "seeds": 5},
            "graph-partial-overlap": {"value": 0.004167, "low": -0.00217, "high": 0.010503, "seeds": 5},
            "graph-dense-class": {"value": 0.1595, "low": 0.110855, "high": 0.208145, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007291, "low": 0.00714, "high": 0.007442, "seeds": 5},
            "popcount-correlation": {"value": 0.702241, "low": 0.692422, "high": 0.71206, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.104868, "low": -0.123393, "high": -0.086342, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.97028, "low": 0.964704, "high": 0.975856, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.969364, "low": 0.964033, "high": 0.974694, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.938437, "low": 0.929152, "high": 0.947722, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.942223, "low": 0.932058, "high": 0.952387, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
        ],
    },
    # person-1
    "9026fdd258da70128c0152879fbfbae93316551d0e66c7e77a5ae337843e5460": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.006305, "low": 0.005014, "high": 0.007596, "seeds": 5},
            "known-pairs-100": {"value": 0.024531, "low": 0.02335, "high": 0.025711, "seeds": 5},
            "known-pairs-500": {"value": 0.111911, "low": 0.108439, "high": 0.115383, "seeds": 5},
            "most-confident-100": {"value": 0.28898, "low": 0.250151, "high": 0.327809, "seeds": 5},
            "graph-whole-overlap": {"value": 0.07825, "low": 0.063873, "high": 0.092627, "seeds": 5},
            "graph-partial-overlap": {"value": 0.005, "low": 0.002686, "high": 0.007314, "seeds": 5},
            "graph-dense-class": {"value": 0.9845, "low": 0.976771, "high": 0.992229, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007682, "low": 0.007457, "high": 0.007907, "seeds": 5},
            "popcount-correlation": {"value": 0.856721, "low": 0.852003, "high": 0.861439, "seeds": 5},
            "unique-encodings": {"value": 0.99992, "low": 0.999698, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": 0.015798, "low": -0.057339, "high": 0.088935, "seeds": 2},
        },
        "linkage": [
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.984985, "low": 0.984985, "high": 0.984985, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.974545, "low": 0.974545, "high": 0.974545, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.98075, "low": 0.98075, "high": 0.98075, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.976253, "low": 0.976253, "high": 0.976253, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
        ],
    },
    # person-1-open
    "d452fe9c9bfdb7e872ed2f398a6a838a1213bfb0bb141d2ad1375db64ef5758c": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.035984, "low": 0.033048, "high": 0.03892, "seeds": 5},
            "known-pairs-100": {"value": 0.151388, "low": 0.14444, "high": 0.158335, "seeds": 5},
            "known-pairs-500": {"value": 0.598667, "low": 0.591933, "high": 0.6054, "seeds": 5},
            "most-confident-100": {"value": 0.801633, "low": 0.770268, "high": 0.832997, "seeds": 5},
            "graph-whole-overlap": {"value": 0.38775, "low": 0.359632, "high": 0.415868, "seeds": 5},
            "graph-partial-overlap": {"value": 0.009167, "low": -0.005189, "high": 0.023523, "seeds": 5},
            "graph-dense-class": {"value": 0.995, "low": 0.98772, "high": 1.0, "seeds": 5},
            "bit-frequency-sd": {"value": 0.008378, "low": 0.008134, "high": 0.008622, "seeds": 5},
            "popcount-correlation": {"value": 0.98399, "low": 0.983638, "high": 0.984343, "seeds": 5},
            "unique-encodings": {"value": 0.99992, "low": 0.999698, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": 0.004394, "low": -0.017014, "high": 0.025801, "seeds": 2},
        },
        "linkage": [
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.993373, "low": 0.993373, "high": 0.993373, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.990021, "low": 0.990021, "high": 0.990021, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.98904, "low": 0.98904, "high": 0.98904, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.983586, "low": 0.983586, "high": 0.983586, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
        ],
    },
    # clk-plain
    "891a052c4d4e1ede0853d2e2066f3a20c0f26fe27c10a5887f525aaf8111a672": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.653052, "low": 0.616017, "high": 0.690087, "seeds": 5},
            "known-pairs-100": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "known-pairs-500": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "most-confident-100": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "graph-whole-overlap": {"value": 0.9995, "low": 0.998112, "high": 1.0, "seeds": 5},
            "graph-partial-overlap": {"value": 0.281667, "low": -0.201914, "high": 0.765247, "seeds": 5},
            "graph-dense-class": {"value": 0.99525, "low": 0.989003, "high": 1.0, "seeds": 5},
            "bit-frequency-sd": {"value": 0.101276, "low": 0.099941, "high": 0.102611, "seeds": 5},
            "popcount-correlation": {"value": 0.988352, "low": 0.987456, "high": 0.989248, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.747845, "low": 0.722912, "high": 0.772778, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.888481, "low": 0.881205, "high": 0.895758, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.247443, "low": 0.236902, "high": 0.257985, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.813369, "low": 0.806594, "high": 0.820145, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.982606, "low": 0.982606, "high": 0.982606, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.9961, "low": 0.9961, "high": 0.9961, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.971204, "low": 0.971204, "high": 0.971204, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.986295, "low": 0.986295, "high": 0.986295, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
        ],
    },
}
