"""Written by ``python -m benchmarks.encoding --write``: measure again instead of editing."""

MEASURED: dict[str, object] = {
    # child-1
    "65b5370fa2434536512c3694a9a125969a110dcd4916aef6122e89ff4b1ba372": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; the strongest"
            " method; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000843, "low": 0.000397, "high": 0.001289, "seeds": 5},
            "known-pairs-100": {"value": 0.002408, "low": 0.00147, "high": 0.003346, "seeds": 5},
            "known-pairs-500": {"value": 0.009822, "low": 0.007527, "high": 0.012118, "seeds": 5},
            "most-confident-100": {"value": 0.03102, "low": 0.0183, "high": 0.043741, "seeds": 5},
            "graph-whole-overlap": {"value": 0.004, "low": 0.001015, "high": 0.006985, "seeds": 5},
            "graph-partial-overlap": {"value": 0.004167, "low": -0.001007, "high": 0.00934, "seeds": 5},
            "graph-dense-class": {"value": 0.14475, "low": 0.117657, "high": 0.171843, "seeds": 5},
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
            "5000 made-up people, whom the attacker lists with every attribute, without errors; the strongest"
            " method; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.001767, "low": 0.000718, "high": 0.002816, "seeds": 5},
            "known-pairs-100": {"value": 0.006898, "low": 0.005185, "high": 0.008611, "seeds": 5},
            "known-pairs-500": {"value": 0.035956, "low": 0.031215, "high": 0.040696, "seeds": 5},
            "most-confident-100": {"value": 0.12, "low": 0.09892, "high": 0.14108, "seeds": 5},
            "graph-whole-overlap": {"value": 0.015, "low": 0.005752, "high": 0.024248, "seeds": 5},
            "graph-partial-overlap": {"value": 0.006667, "low": -0.002732, "high": 0.016065, "seeds": 5},
            "graph-dense-class": {"value": 0.9605, "low": 0.947815, "high": 0.973185, "seeds": 5},
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
            "5000 made-up people, whom the attacker lists with every attribute, without errors; the strongest"
            " method; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000643, "low": 0.000434, "high": 0.000851, "seeds": 5},
            "known-pairs-100": {"value": 0.001755, "low": 0.001145, "high": 0.002365, "seeds": 5},
            "known-pairs-500": {"value": 0.006311, "low": 0.004297, "high": 0.008326, "seeds": 5},
            "most-confident-100": {"value": 0.018776, "low": 0.009569, "high": 0.027982, "seeds": 5},
            "graph-whole-overlap": {"value": 0.0035, "low": 0.002201, "high": 0.004799, "seeds": 5},
            "graph-partial-overlap": {"value": 0.001667, "low": -0.002961, "high": 0.006294, "seeds": 5},
            "graph-dense-class": {"value": 0.03175, "low": 0.018829, "high": 0.044671, "seeds": 5},
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
            "5000 made-up people, whom the attacker lists with every attribute, without errors; the strongest"
            " method; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.007229, "low": 0.006383, "high": 0.008074, "seeds": 5},
            "known-pairs-100": {"value": 0.028939, "low": 0.026749, "high": 0.031129, "seeds": 5},
            "known-pairs-500": {"value": 0.1128, "low": 0.106848, "high": 0.118752, "seeds": 5},
            "most-confident-100": {"value": 0.407347, "low": 0.356616, "high": 0.458078, "seeds": 5},
            "graph-whole-overlap": {"value": 0.0245, "low": 0.01541, "high": 0.03359, "seeds": 5},
            "graph-partial-overlap": {"value": 0.000833, "low": -0.00148, "high": 0.003147, "seeds": 5},
            "graph-dense-class": {"value": 0.993, "low": 0.990403, "high": 0.995597, "seeds": 5},
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
            "5000 made-up people, whom the attacker lists with every attribute, without errors; the strongest"
            " method; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.037309, "low": 0.032785, "high": 0.041833, "seeds": 5},
            "known-pairs-100": {"value": 0.170694, "low": 0.163698, "high": 0.17769, "seeds": 5},
            "known-pairs-500": {"value": 0.655733, "low": 0.644906, "high": 0.66656, "seeds": 5},
            "most-confident-100": {"value": 0.968163, "low": 0.947452, "high": 0.988874, "seeds": 5},
            "graph-whole-overlap": {"value": 0.32625, "low": 0.270128, "high": 0.382372, "seeds": 5},
            "graph-partial-overlap": {"value": 0.009167, "low": 0.002421, "high": 0.015912, "seeds": 5},
            "graph-dense-class": {"value": 0.9975, "low": 0.99311, "high": 1.0, "seeds": 5},
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
            "5000 made-up people, whom the attacker lists with every attribute, without errors; the strongest"
            " method; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.8249, "low": 0.807771, "high": 0.842028, "seeds": 5},
            "known-pairs-100": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "known-pairs-500": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "most-confident-100": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "graph-whole-overlap": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "graph-partial-overlap": {"value": 0.311667, "low": -0.212036, "high": 0.835369, "seeds": 5},
            "graph-dense-class": {"value": 0.9975, "low": 0.994396, "high": 1.0, "seeds": 5},
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
