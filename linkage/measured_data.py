"""Written by ``python -m benchmarks.encoding --write``: measure again instead of editing."""

MEASURED: dict[str, object] = {
    # child-1
    "52e94f0ba2036fbd14039916bbfe1d34199f042418c19191b2d9e4ef0eb184ee": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000843, "low": 0.00057, "high": 0.001117, "seeds": 5},
            "known-pairs-100": {"value": 0.002531, "low": 0.001895, "high": 0.003167, "seeds": 5},
            "known-pairs-500": {"value": 0.010133, "low": 0.00883, "high": 0.011436, "seeds": 5},
            "most-confident-100": {"value": 0.028571, "low": 0.016686, "high": 0.040457, "seeds": 5},
            "graph-whole-overlap": {"value": 0.0095, "low": 0.006681, "high": 0.012319, "seeds": 5},
            "graph-partial-overlap": {"value": 0.003333, "low": -0.000995, "high": 0.007662, "seeds": 5},
            "graph-dense-class": {"value": 0.2175, "low": 0.188092, "high": 0.246908, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007308, "low": 0.007105, "high": 0.00751, "seeds": 5},
            "popcount-correlation": {"value": 0.826688, "low": 0.821831, "high": 0.831546, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.109457, "low": -0.127463, "high": -0.091451, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.976061, "low": 0.972603, "high": 0.979519, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.975174, "low": 0.971036, "high": 0.979311, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.948329, "low": 0.938725, "high": 0.957933, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.950384, "low": 0.940172, "high": 0.960597, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
        ],
    },
    # child-1-recall
    "6cc322c548aa17e0ea5b9743ff85a35804aa1f32fcb4c536ce61ffa5985bdf17": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.002008, "low": 0.001011, "high": 0.003005, "seeds": 5},
            "known-pairs-100": {"value": 0.007755, "low": 0.005902, "high": 0.009609, "seeds": 5},
            "known-pairs-500": {"value": 0.034978, "low": 0.031436, "high": 0.03852, "seeds": 5},
            "most-confident-100": {"value": 0.120816, "low": 0.099434, "high": 0.142198, "seeds": 5},
            "graph-whole-overlap": {"value": 0.027, "low": 0.014948, "high": 0.039052, "seeds": 5},
            "graph-partial-overlap": {"value": 0.005833, "low": -0.004895, "high": 0.016562, "seeds": 5},
            "graph-dense-class": {"value": 0.971, "low": 0.962613, "high": 0.979387, "seeds": 5},
            "bit-frequency-sd": {"value": 0.006721, "low": 0.006597, "high": 0.006845, "seeds": 5},
            "popcount-correlation": {"value": 0.930453, "low": 0.929146, "high": 0.931761, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.110126, "low": -0.128907, "high": -0.091344, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.974624, "low": 0.973412, "high": 0.975836, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.974728, "low": 0.972595, "high": 0.976861, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.95001, "low": 0.941281, "high": 0.95874, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.952168, "low": 0.945469, "high": 0.958867, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
        ],
    },
    # child-1-high
    "abda546bad3c9f0c51d0d254f84c8481073c881dddace48d3e69242604de7a59": {
        "setting": (
            "5000 made-up people, whom the attacker lists with every attribute, without errors; kriging with "
            "known pairs; graphs of 800 people, 800 of one day; no payload"
        ),
        "privacy": {
            "known-pairs-20": {"value": 0.000803, "low": 0.000337, "high": 0.00127, "seeds": 5},
            "known-pairs-100": {"value": 0.002, "low": 0.001624, "high": 0.002376, "seeds": 5},
            "known-pairs-500": {"value": 0.006667, "low": 0.005752, "high": 0.007582, "seeds": 5},
            "most-confident-100": {"value": 0.022857, "low": 0.017079, "high": 0.028636, "seeds": 5},
            "graph-whole-overlap": {"value": 0.00625, "low": 0.002958, "high": 0.009542, "seeds": 5},
            "graph-partial-overlap": {"value": 0.004167, "low": 0.000508, "high": 0.007825, "seeds": 5},
            "graph-dense-class": {"value": 0.07025, "low": 0.053555, "high": 0.086945, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007287, "low": 0.007092, "high": 0.007483, "seeds": 5},
            "popcount-correlation": {"value": 0.702544, "low": 0.697572, "high": 0.707515, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": -0.102607, "low": -0.118835, "high": -0.086379, "seeds": 10},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.97151, "low": 0.965264, "high": 0.977755, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.97079, "low": 0.964502, "high": 0.977078, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.93902, "low": 0.92959, "high": 0.948449, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.941068, "low": 0.93042, "high": 0.951717, "seeds": 5},
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
            "known-pairs-20": {"value": 0.006265, "low": 0.004125, "high": 0.008406, "seeds": 5},
            "known-pairs-100": {"value": 0.025347, "low": 0.022981, "high": 0.027713, "seeds": 5},
            "known-pairs-500": {"value": 0.111778, "low": 0.106535, "high": 0.11702, "seeds": 5},
            "most-confident-100": {"value": 0.284898, "low": 0.250264, "high": 0.319531, "seeds": 5},
            "graph-whole-overlap": {"value": 0.0765, "low": 0.068944, "high": 0.084056, "seeds": 5},
            "graph-partial-overlap": {"value": 0.005833, "low": 0.003, "high": 0.008667, "seeds": 5},
            "graph-dense-class": {"value": 0.98, "low": 0.973792, "high": 0.986208, "seeds": 5},
            "bit-frequency-sd": {"value": 0.007679, "low": 0.007531, "high": 0.007827, "seeds": 5},
            "popcount-correlation": {"value": 0.858844, "low": 0.85602, "high": 0.861669, "seeds": 5},
            "unique-encodings": {"value": 0.99992, "low": 0.999698, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": 0.012927, "low": -0.037283, "high": 0.063138, "seeds": 2},
        },
        "linkage": [
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.985873, "low": 0.985873, "high": 0.985873, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.978313, "low": 0.978313, "high": 0.978313, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.981886, "low": 0.981886, "high": 0.981886, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.977085, "low": 0.977085, "high": 0.977085, "seeds": 1},
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
            "popcount-correlation": {"value": 0.983983, "low": 0.98345, "high": 0.984516, "seeds": 5},
            "unique-encodings": {"value": 0.99992, "low": 0.999698, "high": 1.0, "seeds": 5},
            "f1-cost": {"value": 0.001206, "low": -0.010207, "high": 0.012619, "seeds": 2},
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
            "popcount-correlation": {"value": 0.98883, "low": 0.988302, "high": 0.989358, "seeds": 5},
            "unique-encodings": {"value": 1.0, "low": 1.0, "high": 1.0, "seeds": 5},
        },
        "linkage": [
            {
                "world": "children, usual noise",
                "at": "default",
                "f1": {"value": 0.761712, "low": 0.735968, "high": 0.787457, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, usual noise",
                "at": "best",
                "f1": {"value": 0.88878, "low": 0.87942, "high": 0.898141, "seeds": 5},
                "plain_text": {"value": 0.984234, "low": 0.980814, "high": 0.987654, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "default",
                "f1": {"value": 0.256123, "low": 0.244217, "high": 0.268029, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "children, heavy noise",
                "at": "best",
                "f1": {"value": 0.817865, "low": 0.813144, "high": 0.822585, "seeds": 5},
                "plain_text": {"value": 0.964663, "low": 0.957616, "high": 0.97171, "seeds": 5},
            },
            {
                "world": "febrl4p",
                "at": "default",
                "f1": {"value": 0.980428, "low": 0.980428, "high": 0.980428, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl4p",
                "at": "best",
                "f1": {"value": 0.995192, "low": 0.995192, "high": 0.995192, "seeds": 1},
                "plain_text": {"value": 0.9997, "low": 0.9997, "high": 0.9997, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "default",
                "f1": {"value": 0.971042, "low": 0.971042, "high": 0.971042, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
            {
                "world": "febrl3",
                "at": "best",
                "f1": {"value": 0.986061, "low": 0.986061, "high": 0.986061, "seeds": 1},
                "plain_text": {"value": 0.997086, "low": 0.997086, "high": 0.997086, "seeds": 1},
            },
        ],
    },
}
