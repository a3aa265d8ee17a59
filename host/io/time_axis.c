#include "time_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unit.h"

#define UNIFORM 0.1   /* of a bin: largest distance of a time from the uniform grid; leaves room for rounded decimals */
#define SAME_WIDTH 0.01

static const char *time_unit_option(const ts_read_options *o)
{
  return o->time_unit_option ? o->time_unit_option : "--time-unit";
}

static bool is_channel_name(const char *name)
{
  return !strncasecmp(name, "chan", 4) || !strcasecmp(name, "bin") || !strcasecmp(name, "ch") || !strcasecmp(name, "index");
}

static bool is_time_name(const char *name)
{
  return !strncasecmp(name, "time", 4) || !strcasecmp(name, "t") || !strncasecmp(name, "t ", 2) || !strncasecmp(name, "delay", 5);
}

static double cell(const ts_text_table *t, size_t row)
{
  return t->cell[row * t->columns];
}

static ts_error channel_axis(ts_time_axis *a, const ts_text_table *t, const char *path, double width, char *message)
{
  for (size_t i = 1; i < t->rows; i++)
    if (cell(t, i) != cell(t, i - 1) + 1) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: channel %g after %g: expected %g", path, t->line[i], cell(t, i),
               cell(t, i - 1), cell(t, i - 1) + 1);
      return TS_ERROR_INPUT;
    }
  a->has_column = true;
  a->bin_width_s = width;
  a->start_s = cell(t, 0) >= 1 ? (cell(t, 0) - 1) * width : 0;
  return TS_OK;
}

static int ascending(const void *x, const void *y)
{
  double a = *(const double *)x, b = *(const double *)y;
  return (a > b) - (a < b);
}

/* Says where the grid breaks: at the step that differs most from the median step. */
static ts_error not_uniform(const ts_text_table *t, const char *path, char *message)
{
  size_t worst = 1, n = t->rows - 1;
  double *step = malloc(n * sizeof *step), median = 0;
  if (!step) return TS_ERROR_MEMORY;
  for (size_t i = 0; i < n; i++) step[i] = cell(t, i + 1) - cell(t, i);
  qsort(step, n, sizeof *step, ascending);
  median = step[n / 2];
  free(step);
  for (size_t i = 1; i < t->rows; i++)
    if (fabs(cell(t, i) - cell(t, i - 1) - median) > fabs(cell(t, worst) - cell(t, worst - 1) - median)) worst = i;
  snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the time steps by %g from %g to %g, elsewhere by %g: expected bins of one width",
           path, t->line[worst], cell(t, worst) - cell(t, worst - 1), cell(t, worst - 1), cell(t, worst), median);
  return TS_ERROR_INPUT;
}

static ts_error time_axis(ts_time_axis *a, const ts_text_table *t, const char *path, double scale, char *message)
{
  if (t->rows < 2) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: one bin only: expected at least two", path, t->line[0]);
    return TS_ERROR_INPUT;
  }
  for (size_t i = 1; i < t->rows; i++)
    if (!(cell(t, i) > cell(t, i - 1))) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the time %g comes after %g: expected rising times; several curves below each other "
               "must be files or columns of their own", path, t->line[i], cell(t, i), cell(t, i - 1));
      return TS_ERROR_INPUT;
    }
  double start = cell(t, 0), width = (cell(t, t->rows - 1) - start) / (double)(t->rows - 1);
  for (size_t i = 0; i < t->rows; i++)
    if (fabs(cell(t, i) - (start + (double)i * width)) > UNIFORM * width) return not_uniform(t, path, message);
  a->has_column = true;
  a->start_s = start * scale;
  a->bin_width_s = width * scale;
  return TS_OK;
}

ts_error ts_time_axis_find(ts_time_axis *a, const ts_text_table *t, const char *path, const ts_read_options *o, char *message)
{
  const char *name = t->name[0];
  double scale = o->time_unit_s, width = t->calibration_s > 0 ? t->calibration_s : o->bin_width_s;
  bool named_unit = ts_header_unit(name, &scale);
  ts_error e = TS_OK;
  memset(a, 0, sizeof *a);
  if (!named_unit) scale = o->time_unit_s;
  else if (o->time_unit_s > 0 && !o->real_values && fabs(scale / o->time_unit_s - 1) > SAME_WIDTH) {   /* an IRF may have another unit than the data */
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the column '%.60s' names another unit than %s: expected one unit", path, t->line[0], name,
             time_unit_option(o));
    return TS_ERROR_INPUT;
  }
  if (t->columns == 1 && width > 0) {
    a->bin_width_s = width;
    return TS_OK;
  }
  if (t->columns == 1) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: one column and no time axis: expected the bins' width; add --bin-width, such as "
             "--bin-width 50ps", path, t->line[0]);
    return TS_ERROR_INPUT;
  }
  if (t->calibration_s > 0 || (is_channel_name(name) && width > 0)) {
    e = channel_axis(a, t, path, width, message);
  } else if (scale > 0) {
    e = time_axis(a, t, path, scale, message);
  } else if (width > 0 && !is_time_name(name)) {
    a->bin_width_s = width;
  } else {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the time column%s%.40s%s names no unit: add %s, such as %s ns%s", path, t->line[0],
             *name ? " '" : "", name, *name ? "'" : "", time_unit_option(o), time_unit_option(o),
             is_channel_name(name) ? ", or for channel numbers --bin-width" : "; if every column holds counts, add --bin-width");
    return TS_ERROR_INPUT;
  }
  if (!e && o->bin_width_s > 0 && !o->real_values && fabs(a->bin_width_s / o->bin_width_s - 1) > SAME_WIDTH) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the bins are %g s wide by the file and %g s by --bin-width: expected one width",
             path, t->line[0], a->bin_width_s, o->bin_width_s);
    return TS_ERROR_INPUT;
  }
  return e;
}
