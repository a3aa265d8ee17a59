/* Small positive definite matrices: the upper left n x n of a room for the largest. */
#ifndef TS_FIT_MATRIX_H
#define TS_FIT_MATRIX_H
#include <stdbool.h>

#include "../include/taustream.h"

#define TS_MATRIX_MAX (TS_PARAMETERS_MAX + 1)
typedef double ts_matrix[TS_MATRIX_MAX][TS_MATRIX_MAX];

/* Inverse, by Cholesky on the matrix scaled to a unit diagonal; false when a pivot is not above the floor. */
bool ts_matrix_invert(ts_matrix a, unsigned n, double pivot_min, ts_matrix inverse);
/* Whether every direction stands out of rounding: the smallest eigenvalue of the matrix scaled to a unit diagonal is above the floor. */
bool ts_matrix_resolved(ts_matrix a, unsigned n, double eigenvalue_min);
#endif
