#include "time_axis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "unit.h"

#define UNIFORM 0.1        /* of a bin: largest distance of a time from the uniform grid */
#define SAME_WIDTH 0.01
#define DIGIT_SLACK 1e-6   /* of a last digit: rounding of the numbers themselves */
#define WIDTH_PART 1e-3    /* of the width: more that rounding leaves open of it makes an axis useless */
#define FAR_STEP 1.5       /* times the usual step: one so long may be a missing bin */
#define FAR_STEPS_MIN 8u   /* so many of them in even turns are rounding */
#define LINE_SLACK 0.25    /* of a last digit */
#define EXACT 1e-6         /* of a bin: an axis that was not rounded */

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

/* Falling times or channels: the rows the other way round. */
static void turn_round(ts_text_table *t)
{
  for (size_t i = 0, j = t->rows - 1; i < j; i++, j--) {
    for (size_t c = 0; c < t->columns; c++) {
      const double v = t->cell[i * t->columns + c];
      t->cell[i * t->columns + c] = t->cell[j * t->columns + c];
      t->cell[j * t->columns + c] = v;
    }
    const unsigned long line = t->line[i];
    t->line[i] = t->line[j];
    t->line[j] = line;
  }
}

static bool all_fall(const ts_text_table *t)
{
  for (size_t i = 1; i < t->rows; i++)
    if (cell(t, i) > cell(t, i - 1)) return false;
  return t->rows > 2 && cell(t, 0) > cell(t, 1) && cell(t, t->rows - 1) < cell(t, 0);
}

static ts_error channel_axis(ts_time_axis *a, ts_text_table *t, const char *path, double width, char *message)
{
  if (all_fall(t)) turn_round(t);
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

/* Unit of the last digit that the number was written with. */
static double last_digit(double x)
{
  for (int e = -6; x != 0 && e <= 18; e++) {
    const double n = x * pow(10, e);
    if (rint(n) != 0 && fabs(n - rint(n)) <= 1e-9 * fabs(n)) return pow(10, -e);
  }
  return INFINITY;   /* zero has no digits of its own */
}

static double power_of_ten(double x) { return x != 0 ? floor(log10(fabs(x)) + 1e-12) : -INFINITY; }

/* Of each row's time, as its neighbours of the same power of ten have it: trailing zeros may be left out, and with a fixed number of digits larger times have fewer behind the point. */
static double *digits_of(const ts_text_table *t)
{
  double *digit = malloc(t->rows * sizeof *digit);
  for (size_t i = 0; digit && i < t->rows;) {
    double finest = INFINITY;
    size_t end = i;
    for (; end < t->rows && power_of_ten(cell(t, end)) == power_of_ten(cell(t, i)); end++) finest = fmin(finest, last_digit(cell(t, end)));
    for (; i < end; i++) digit[i] = finest;
  }
  for (size_t i = 0; digit && i < t->rows; i++)   /* times rise: there is one zero at most */
    if (isinf(digit[i])) digit[i] = i + 1 < t->rows ? digit[i + 1] : digit[i - 1];
  return digit;
}

typedef struct grid { double start, width; } grid;

static grid straight_line(const ts_text_table *t)
{
  const double middle = (double)(t->rows - 1) / 2, n = (double)t->rows;
  double mean = 0, slope = 0;
  for (size_t i = 0; i < t->rows; i++) mean += (cell(t, i) - cell(t, 0)) / n;
  for (size_t i = 0; i < t->rows; i++) slope += ((double)i - middle) * (cell(t, i) - cell(t, 0) - mean);
  slope /= n * (n * n - 1) / 12;
  return (grid){cell(t, 0) + mean - middle * slope, slope};
}

static bool on_grid(const ts_text_table *t, grid g, double part)
{
  for (size_t i = 0; i < t->rows; i++)
    if (fabs(cell(t, i) - (g.start + (double)i * g.width)) > part * g.width) return false;
  return true;
}

/* Times rounded (or cut) to a last digit that is more than a tenth of a bin: off the grid by no more than that digit, over an axis so long that the width is known, and no step that a missing
 * bin could have made. */
static bool is_rounded_grid(const ts_text_table *t, const double *digit, grid g)
{
  const size_t n = t->rows;
  double low = INFINITY, high = -INFINITY, coarsest = 0;
  size_t far = 0;
  for (size_t i = 0; i < n; i++) {
    const double off = (cell(t, i) - (g.start + (double)i * g.width)) / digit[i];
    low = fmin(low, off);
    high = fmax(high, off);
    coarsest = fmax(coarsest, digit[i]);
  }
  if (!(high - low <= 1 + LINE_SLACK) || coarsest > WIDTH_PART * g.width * (double)(n - 1)) return false;
  for (size_t i = 1; i < n; i++) {
    const double step = cell(t, i) - cell(t, i - 1);
    if (fabs(step - g.width) > (1 + DIGIT_SLACK) * fmax(digit[i], digit[i - 1])) return false;
    far += step > FAR_STEP * g.width;
  }
  return !far || far >= FAR_STEPS_MIN;
}

static ts_error time_axis(ts_time_axis *a, ts_text_table *t, const char *path, double scale, char *message)
{
  if (t->rows < 2) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: one bin only: expected at least two", path, t->line[0]);
    return TS_ERROR_INPUT;
  }
  if (all_fall(t)) turn_round(t);
  for (size_t i = 1; i < t->rows; i++)
    if (!(cell(t, i) > cell(t, i - 1))) {
      snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: the time %g comes after %g: expected rising times; several curves below each other "
               "must be files or columns of their own", path, t->line[i], cell(t, i), cell(t, i - 1));
      return TS_ERROR_INPUT;
    }
  const grid ends = {cell(t, 0), (cell(t, t->rows - 1) - cell(t, 0)) / (double)(t->rows - 1)}, line = straight_line(t);
  grid g = ends;
  if (!on_grid(t, ends, EXACT)) g.width = line.width;
  if (!on_grid(t, ends, UNIFORM)) {
    double *digit = digits_of(t);
    if (!digit) return TS_ERROR_MEMORY;
    const bool rounded = is_rounded_grid(t, digit, line);
    free(digit);
    if (!rounded) return not_uniform(t, path, message);
    if (cell(t, 0) != 0) g.start = line.start;   /* zero is nothing that was rounded */
  }
  a->has_column = true;
  a->start_s = g.start * scale;
  a->bin_width_s = g.width * scale;
  return TS_OK;
}

/* Counts alone have nothing that tells where a second block begins, but for an empty line. */
static ts_error counts_axis(ts_time_axis *a, const ts_text_table *t, const char *path, double width, char *message)
{
  if (t->gaps && t->gaps < t->rows - 1) {
    snprintf(message, TS_MESSAGE_BYTES, "%.200s:%lu: counts go on behind an empty line: expected one block a file; put the others into files of their own", path, t->gap_line);
    return TS_ERROR_INPUT;
  }
  a->bin_width_s = width;
  return TS_OK;
}

ts_error ts_time_axis_find(ts_time_axis *a, ts_text_table *t, const char *path, const ts_read_options *o, char *message)
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
  if (width > 0 && (t->columns == 1 || t->counts_alone)) return counts_axis(a, t, path, width, message);
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
    e = counts_axis(a, t, path, width, message);
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
