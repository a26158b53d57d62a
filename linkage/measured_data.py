"""Written by ``python -m benchmarks.encoding --write``: measure again instead of editing."""

MEASURED: dict[str, object] = {
    # child-1
    "65b5370fa2434536512c3694a9a125969a110dcd4916aef6122e89ff4b1ba372": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000763, "low": 0.000438, "high": 0.001088, "seeds": 5},
            "known-pairs-100": {"value": 0.002163, "low": 0.001703, "high": 0.002624, "seeds": 5},
            "known-pairs-500": {"value": 0.0092, "low": 0.007538, "high": 0.010862, "seeds": 5},
            "most-confident-100": {"value": 0.027755, "low": 0.019428, "high": 0.036083, "seeds": 5},
            "graph-whole-overlap": {"value": 0.00725, "low": 0.002672, "high": 0.011828, "seeds": 5},
            "graph-partial-overlap": {"value": 0.004167, "low": -0.001007, "high": 0.00934, "seeds": 5},
            "graph-dense-class": {"value": 0.14975, "low": 0.12577, "high": 0.17373, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007281, "low": 0.007168, "high": 0.007394, "seeds": 5},
            "popcount-correlation": {"value": 0.03573, "low": 0.018211, "high": 0.05325, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.098061, "low": -0.118563, "high": -0.077559, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.980136, "low": 0.976923, "high": 0.983349, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.980469, "low": 0.978105, "high": 0.982834, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.950581, "low": 0.943537, "high": 0.957624, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.949861, "low": 0.942758, "high": 0.956964, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
            },
        ],
    },
    # child-1-recall
    "bd04ba34ca78c4b360feabde00649ee81c540535a2ef992331222b6d1c9a097e": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.002129, "low": 0.001202, "high": 0.003055, "seeds": 5},
            "known-pairs-100": {"value": 0.007837, "low": 0.0063, "high": 0.009374, "seeds": 5},
            "known-pairs-500": {"value": 0.033511, "low": 0.029992, "high": 0.037031, "seeds": 5},
            "most-confident-100": {"value": 0.125714, "low": 0.102656, "high": 0.148772, "seeds": 5},
            "graph-whole-overlap": {"value": 0.03, "low": 0.02122, "high": 0.03878, "seeds": 5},
            "graph-partial-overlap": {"value": 0.005, "low": -0.001746, "high": 0.011746, "seeds": 5},
            "graph-dense-class": {"value": 0.96425, "low": 0.944538, "high": 0.983962, "seeds": 5},
            "bit-frequency-sd": {"value": 0.006757, "low": 0.006688, "high": 0.006825, "seeds": 5},
            "popcount-correlation": {"value": 0.044685, "low": 0.02942, "high": 0.059949, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.104396, "low": -0.128023, "high": -0.080769, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.982405, "low": 0.978435, "high": 0.986376, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.982707, "low": 0.979544, "high": 0.98587, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.960539, "low": 0.952844, "high": 0.968234, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.960294, "low": 0.953732, "high": 0.966856, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
            },
        ],
    },
    # child-1-high
    "6e66d4847378c3009c5945759616edb4b4a5f3f72bf8e02c553da86e70041721": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000482, "low": 2.9e-05, "high": 0.000935, "seeds": 5},
            "known-pairs-100": {"value": 0.001429, "low": 0.000891, "high": 0.001966, "seeds": 5},
            "known-pairs-500": {"value": 0.005778, "low": 0.004727, "high": 0.006828, "seeds": 5},
            "most-confident-100": {"value": 0.012245, "low": 0.005078, "high": 0.019412, "seeds": 5},
            "graph-whole-overlap": {"value": 0.0085, "low": 0.002755, "high": 0.014245, "seeds": 5},
            "graph-partial-overlap": {"value": 0.005, "low": -0.000667, "high": 0.010667, "seeds": 5},
            "graph-dense-class": {"value": 0.04975, "low": 0.031504, "high": 0.067996, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007253, "low": 0.007195, "high": 0.00731, "seeds": 5},
            "popcount-correlation": {"value": 0.029199, "low": 0.016367, "high": 0.042032, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.08642, "low": -0.105727, "high": -0.067114, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.970128, "low": 0.965843, "high": 0.974413, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.970188, "low": 0.966208, "high": 0.974168, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.936459, "low": 0.92733, "high": 0.945588, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.936862, "low": 0.929337, "high": 0.944386, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
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
            "known-pairs-20": {"value": 0.006265, "low": 0.004125, "high": 0.008406, "seeds": 5},
            "known-pairs-100": {"value": 0.025347, "low": 0.022981, "high": 0.027713, "seeds": 5},
            "known-pairs-500": {"value": 0.111778, "low": 0.106535, "high": 0.11702, "seeds": 5},
            "most-confident-100": {"value": 0.284898, "low": 0.250264, "high": 0.319531, "seeds": 5},
            "graph-whole-overlap": {"value": 0.0765, "low": 0.068944, "high": 0.084056, "seeds": 5},
            "graph-partial-overlap": {"value": 0.005833, "low": 0.003, "high": 0.008667, "seeds": 5},
            "graph-dense-class": {"value": 0.98, "low": 0.973792, "high": 0.986208, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007679, "low": 0.007531, "high": 0.007827, "seeds": 5},
            "popcount-correlation": {"value": 0.855193, "low": 0.852668, "high": 0.857718, "seeds": 5},
            "unique-encodings": {"value": 0.99992, "low": 0.999698, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": 0.010472, "low": -0.030877, "high": 0.051822, "seeds": 2},
        },
        "linkage": [
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.991278, "low": 0.991278, "high": 0.991278, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.991581, "low": 0.991581, "high": 0.991581, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.984375, "low": 0.984375, "high": 0.984375, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.979444, "low": 0.979444, "high": 0.979444, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
        ],
    },
    # person-1-open
    "9412a5b9fa3b436a97f74f5f7f7067fda00c2c90765980880073df86afb838c2": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.038313, "low": 0.034241, "high": 0.042385, "seeds": 5},
            "known-pairs-100": {"value": 0.155918, "low": 0.147327, "high": 0.16451, "seeds": 5},
            "known-pairs-500": {"value": 0.614889, "low": 0.603056, "high": 0.626722, "seeds": 5},
            "most-confident-100": {"value": 0.849796, "low": 0.810802, "high": 0.88879, "seeds": 5},
            "graph-whole-overlap": {"value": 0.48925, "low": 0.423624, "high": 0.554876, "seeds": 5},
            "graph-partial-overlap": {"value": 0.008333, "low": -0.004857, "high": 0.021523, "seeds": 5},
            "graph-dense-class": {"value": 0.997, "low": 0.994403, "high": 0.999597, "seeds": 5},
            "bit-frequency-sd": {"value": 0.008366, "low": 0.008243, "high": 0.008489, "seeds": 5},
            "popcount-correlation": {"value": 0.983882, "low": 0.983339, "high": 0.984426, "seeds": 5},
            "unique-encodings": {"value": 0.99992, "low": 0.999698, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": 0.001954, "low": 4.9e-05, "high": 0.003859, "seeds": 2},
        },
        "linkage": [
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.994912, "low": 0.994912, "high": 0.994912, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.996995, "low": 0.996995, "high": 0.996995, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.995777, "low": 0.995777, "high": 0.995777, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.991066, "low": 0.991066, "high": 0.991066, "seeds": 1},
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
            "known-pairs-20": {"value": 0.659157, "low": 0.622761, "high": 0.695552, "seeds": 5},
            "known-pairs-100": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "known-pairs-500": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "most-confident-100": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "graph-whole-overlap": {"value": 0.999, "low": 0.9973, "high": 1.0, "seeds": 5},
            "graph-partial-overlap": {"value": 0.274167, "low": -0.185082, "high": 0.733415, "seeds": 5},
            "graph-dense-class": {"value": 0.99875, "low": 0.996555, "high": 1.0, "seeds": 5},
            "bit-frequency-sd": {"value": 0.100124, "low": 0.098486, "high": 0.101761, "seeds": 5},
            "popcount-correlation": {"value": 0.988717, "low": 0.988223, "high": 0.989211, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.901416, "low": 0.886181, "high": 0.916651, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.908585, "low": 0.895097, "high": 0.922073, "seeds": 5},
                "plain_text": {"value": 0.983228, "low": 0.979978, "high": 0.986479, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.819787, "low": 0.811155, "high": 0.828418, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.825623, "low": 0.81457, "high": 0.836677, "seeds": 5},
                "plain_text": {"value": 0.965742, "low": 0.960068, "high": 0.971415, "seeds": 5},
            },
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.9988, "low": 0.9988, "high": 0.9988, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.9988, "low": 0.9988, "high": 0.9988, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.995793, "low": 0.995793, "high": 0.995793, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.99317, "low": 0.99317, "high": 0.99317, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
        ],
    },
}
