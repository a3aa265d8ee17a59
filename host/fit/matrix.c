#include "matrix.h"

#include <math.h>

bool ts_matrix_invert(ts_matrix a, unsigned n, double pivot_min, ts_matrix inverse) {
  double scale[TS_MATRIX_MAX];
  ts_matrix l, m; /* L, and L^-1 */
  for (unsigned i = 0; i < n; i++) {
    if (!(a[i][i] > 0) || !isfinite(a[i][i])) return false;
    scale[i] = 1 / sqrt(a[i][i]);
  }
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j <= i; j++) {
      double s = a[i][j] * scale[i] * scale[j];
      for (unsigned k = 0; k < j; k++) s -= l[i][k] * l[j][k];
      if (i != j) l[i][j] = s / l[j][j];
      else if (s > pivot_min) l[i][i] = sqrt(s);
      else return false;
    }
  for (unsigned j = 0; j < n; j++)
    for (unsigned i = j; i < n; i++) {
      double s = i == j ? 1 : 0;
      for (unsigned k = j; k < i; k++) s -= l[i][k] * m[k][j];
      m[i][j] = s / l[i][i];
    }
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j <= i; j++) {
      double s = 0;
      for (unsigned k = i; k < n; k++) s += m[k][i] * m[k][j];
      inverse[i][j] = inverse[j][i] = s * scale[i] * scale[j];
    }
  return true;
}

bool ts_matrix_resolved(ts_matrix a, unsigned n, double eigenvalue_min) {
  ts_matrix l;
  for (unsigned i = 0; i < n; i++)
    for (unsigned j = 0; j <= i; j++) {
      double s = i == j ? 1 - eigenvalue_min : a[i][j] / sqrt(a[i][i] * a[j][j]);
      for (unsigned k = 0; k < j; k++) s -= l[i][k] * l[j][k];
      if (i != j) l[i][j] = s / l[j][j];
      else if (s > 0) l[i][i] = sqrt(s);
      else return false;
    }
  return true;
}
