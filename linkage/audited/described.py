"""The attacks of an audit in words, with the papers that they are from."""

from typing import Final

from linkage.audited.report import Described

__all__ = ["DESCRIBED"]

DESCRIBED: Final = (
    Described(
        attack="dictionary",
        title="Dictionary",
        does="Encodes a list of people under a key, and looks every encoding up.",
        knows="a list of the people, the profile, and a key: the right one, or a wrong one",
        papers=(
            (
                "Niedermeyer, Steinmetzer, Kroll, Schnell: Cryptanalysis of basic Bloom filters used "
                "for privacy "
                "preserving record linkage. Journal of Privacy and Confidentiality 6 (2014)"
            ),
        ),
    ),
    Described(
        attack="known-pairs",
        title="Known pairs",
        does="Learns from people whose encodings are known what all others' must look like.",
        knows="a list of the people with every attribute, the profile, and some people's encodings; no key",
        papers=(
            "Rasmussen, Williams: Gaussian Processes for Machine Learning. MIT Press (2006), section 2.2",
            "Hoerl, Kennard: Ridge regression. Technometrics 12 (1970)",
            "Saunders, Gammerman, Vovk: Ridge regression learning algorithm in dual variables. ICML (1998)",
            "Sinkhorn, Knopp: Concerning nonnegative matrices and doubly stochastic matrices. PJM 21 (1967)",
        ),
    ),
    Described(
        attack="graph",
        title="Graph matching",
        does="Lines up how alike listed people are with how alike encodings are, without any known pair.",
        knows="a list of people of whom all or some are encoded, and the profile; no pair, no key",
        papers=(
            (
                "Vidanage, Christen, Ranbaduge, Schnell: A graph matching attack on "
                "privacy-preserving record "
                "linkage. CIKM (2020)"
            ),
            "Vogelstein et al.: Fast approximate quadratic programming for graph matching. PLoS ONE (2015)",
            (
                "Heng, Armknecht, Chen, Schnell: On the effectiveness of graph matching attacks against "
                "privacy-preserving record linkage. PLoS ONE 17 (2022)"
            ),
        ),
    ),
    Described(
        attack="columns",
        title="Columns and weights",
        does="Measures what bits give away by how often they are set, alone and together.",
        knows="the encodings only",
        papers=(
            (
                "Kuzu, Kantarcioglu, Durham, Malin: A constraint satisfaction cryptanalysis of Bloom "
                "filters in "
                "private record linkage. PETS (2011)"
            ),
            (
                "Christen, Vidanage, Ranbaduge, Schnell: Pattern-mining based cryptanalysis of Bloom "
                "filters for "
                "privacy-preserving record linkage. PAKDD (2018)"
            ),
        ),
    ),
    Described(
        attack="landmarks",
        title="Landmarks",
        does="As known pairs, with pairs of the attacker's choice; also from likenesses alone, without bits.",
        knows="as for known pairs; the known people are chosen, as by whoever may submit records",
        papers=(
            "de Silva, Tenenbaum: Sparse multidimensional scaling using landmark points. Stanford (2004)",
            (
                "Culnane, Rubinstein, Teague: Vulnerabilities in the use of similarity tables in "
                "combination with "
                "pseudonymisation. arXiv 1712.00871 (2017)"
            ),
        ),
    ),
    Described(
        attack="cross-view",
        title="Views of one child",
        does="Asks of two views whether they are of one child, by their bits and by how many are set.",
        knows="the encodings only",
        papers=(
            (
                "Franke, Sehili, Rohde, Rahm: Evaluation of hardening techniques for "
                "privacy-preserving record "
                "linkage. EDBT (2021)"
            ),
        ),
    ),
    Described(
        attack="cross-variant",
        title="Rows of one child",
        does=(
            "Tells from a child's rows whether the child has another name, learning from rows of its own key."
        ),
        knows="the profile, and what names are like; nobody in the data, and no key",
        papers=(
            (
                "Shokri, Stronati, Song, Shmatikov: Membership inference attacks against machine "
                "learning models. "
                "IEEE Symposium on Security and Privacy (2017)"
            ),
            "Fisher: The use of multiple measurements in taxonomic problems. Annals of Eugenics 7 (1936)",
        ),
    ),
    Described(
        attack="membership",
        title="Membership",
        does="Asks whether a named child is among the encodings at all.",
        knows="a list of people of whom half are encoded, the profile, and some pairs; no key, or the key",
        papers=(
            (
                "Homer et al.: Resolving individuals contributing trace amounts of DNA to highly "
                "complex mixtures. "
                "PLoS Genetics 4 (2008)"
            ),
            (
                "Carlini et al.: Membership inference attacks from first principles. IEEE Symposium "
                "on Security "
                "and Privacy (2022)"
            ),
        ),
    ),
    Described(
        attack="payload",
        title="Clear fields alone",
        does="Counts who is alike in what travels in clear, and names whoever is alone.",
        knows="who is in the data, and everybody's clear fields",
        papers=(
            (
                "Sweeney: k-anonymity: a model for protecting privacy. International Journal of Uncertainty, "
                "Fuzziness and Knowledge-Based Systems 10 (2002)"
            ),
            (
                "Rocher, Hendrickx, de Montjoye: Estimating the success of re-identifications in incomplete "
                "datasets. Nature Communications 10 (2019)"
            ),
        ),
    ),
    Described(
        attack="timing",
        title="Times and sizes of batches",
        does=(
            "Looks for a child of a dated appeal in the batch after it; tells what is in a "
            "batch from its length."
        ),
        knows="dated appeals with the agency, and which records are new in a batch, or only its length",
        papers=(
            (
                "Dyer, Coull, Ristenpart, Shrimpton: Peek-a-boo, I still see you. IEEE Symposium on "
                "Security and "
                "Privacy (2012)"
            ),
        ),
    ),
)
