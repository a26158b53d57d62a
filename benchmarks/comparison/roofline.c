/* The roofline: what hand-written C reaches at comparing all pairs of rows with columns, on one core.

   Built by the benchmark, where there is a compiler, with -O3 -march=native -DWORDS=n.  Columns are laid out
   beforehand as the kernel of ours lays them out itself: one word of eight columns fills a register.  Eight
   rows share each loaded column word.  A pair whose distance is within its row's bound is scored by itself. */

#include <immintrin.h>
#include <stdint.h>

#define ROWS 8
#define PANEL 256

static int scores_below(const uint64_t *row, const uint64_t *column, int64_t ua, int64_t ub, int64_t limit) {
    int64_t distance = 0;
    for (int word = 0; word < WORDS; word++) distance += __builtin_popcountll(row[word] ^ column[8 * word]);
    return 2 * 64 * WORDS * distance + ua * ub < limit;
}

/* rows: n x WORDS, n a multiple of 8; columns: blocks x WORDS x 8; returns the pairs that score below limit. */
int64_t count_pairs(const uint64_t *rows, int64_t n, const uint64_t *columns, int64_t blocks, const int64_t *bounds,
                    const int64_t *u_rows, const int64_t *u_columns, int64_t limit) {
    int64_t total = 0;
    for (int64_t panel = 0; panel < n; panel += PANEL) {
        int64_t end = panel + PANEL < n ? panel + PANEL : n;
        for (int64_t block = 0; block < blocks; block++) {
            const uint64_t *column = columns + block * WORDS * 8;
            for (int64_t first = panel; first < end; first += ROWS) {
                const uint64_t *row = rows + first * WORDS;
                __m512i sums[ROWS];
#pragma GCC unroll 8
                for (int r = 0; r < ROWS; r++) sums[r] = _mm512_setzero_si512();
#pragma GCC unroll 1
                for (int word = 0; word < WORDS; word++) {
                    __m512i value = _mm512_loadu_si512(column + 8 * word);
#pragma GCC unroll 8
                    for (int r = 0; r < ROWS; r++) {
                        __m512i other = _mm512_set1_epi64((int64_t)row[r * WORDS + word]);
                        sums[r] = _mm512_add_epi64(sums[r], _mm512_popcnt_epi64(_mm512_xor_si512(value, other)));
                    }
                }
#pragma GCC unroll 8
                for (int r = 0; r < ROWS; r++) {
                    unsigned mask = _mm512_cmple_epi64_mask(sums[r], _mm512_set1_epi64(bounds[first + r]));
                    for (; mask; mask &= mask - 1) {
                        int lane = __builtin_ctz(mask);
                        total += scores_below(row + r * WORDS, column + lane, u_rows[first + r],
                                              u_columns[8 * block + lane], limit);
                    }
                }
            }
        }
    }
    return total;
}
