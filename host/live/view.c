#include "view.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../io/unit.h"

#define HEAD_ROWS 3
#define LABEL 8                    /* columns of an axis' numbers */
#define RESIDUAL_ROWS 4
#define RESIDUAL_MAX 4.0           /* standard deviations at the edge */
#define LOG_SPAN 12.0              /* lifetimes that differ by more are drawn on a log axis */

static const live_colour component_colour[TS_COMPONENTS_MAX] = {LIVE_CYAN, LIVE_YELLOW, LIVE_MAGENTA, LIVE_GREEN};

bool live_view_begin(live_view *v, const live_axis *axis, const char *source)
{
  v->axis = *axis;
  v->source = source;
  v->stride = 1;
  v->history = malloc(LIVE_HISTORY * sizeof *v->history);
  return v->history != NULL;
}

void live_view_free(live_view *v)
{
  live_job_free(v->last);
  free(v->history);
  v->last = NULL;
  v->history = NULL;
}

void live_view_reset(live_view *v)
{
  v->points = v->skipped = v->marks = 0;
  v->stride = 1;
  snprintf(v->note, sizeof v->note, "reset: range and coarse shift are found anew");
}

void live_view_mark(live_view *v)
{
  double t = v->last ? v->last->frame.end_s : 0;
  if (v->marks < sizeof v->mark_s / sizeof *v->mark_s) v->mark_s[v->marks++] = t;
  snprintf(v->note, sizeof v->note, "mark at %.3f s", t);
}

void live_view_frame(live_view *v, live_job *j)
{
  const ts_trpl_result *r = &j->result;
  if (j->not_fitted || r->status != TS_STATUS_OK) v->not_ok++;
  if (++v->skipped >= v->stride) {
    v->skipped = 0;
    if (v->points == LIVE_HISTORY) {
      for (size_t i = 0; i < LIVE_HISTORY / 2; i++) v->history[i] = v->history[2 * i];
      v->points = LIVE_HISTORY / 2;
      v->stride *= 2;
    }
    live_point *p = &v->history[v->points++];
    *p = (live_point){.time_s = (j->frame.start_s + j->frame.end_s) / 2, .is_ok = !j->not_fitted && r->status == TS_STATUS_OK};
    for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) {
      p->tau_s[k] = k < r->components ? r->lifetime_s[k] : NAN;
      p->low_s[k] = k < r->components ? r->lifetime_low_s[k] : NAN;
      p->high_s[k] = k < r->components ? r->lifetime_high_s[k] : NAN;
    }
  }
  if (v->frozen || (j->not_fitted && v->last)) {
    live_job_free(j);
    return;
  }
  live_job_free(v->last);
  v->last = j;
}

static void rule(live_screen *s, int row, int column, int columns, const char *title)
{
  for (int i = 0; i < columns; i++) live_screen_text(s, row, column + i, LIVE_DIM, s->ascii ? "-" : "─");
  live_screen_text(s, row, column + 2, LIVE_PLAIN, " %s ", title);
}

/* ---- decay ---- */
/* Bins that dot column x shows. */
static void part(const live_job *j, int x, int width, size_t *from, size_t *to)
{
  size_t n = j->range.end - j->range.first;
  *from = n * (size_t)x / (size_t)width;
  *to = n * (size_t)(x + 1) / (size_t)width;
  if (*to <= *from) *to = *from + 1;
}

static void draw_decay(const live_view *v, live_screen *s, int row, int column, int rows, int columns)
{
  const live_job *j = v->last;
  live_canvas c = {s, row, column + LABEL, rows, columns - LABEL};
  int width = live_canvas_width(&c), height = live_canvas_height(&c);
  double top = 1, bottom = 0.5;
  if (width < 2 || height < 4) return;
  const uint64_t *y = j->counts + j->range.first;
  for (size_t i = 0; i < j->range.end - j->range.first; i++) top = fmax(top, (double)y[i]);
  top *= 1.3;
  double span = log10(top / bottom);
  for (int decade = 0; pow(10, decade) <= top; decade++) {
    int at = (int)lrint(log10(top / pow(10, decade)) / span * (height - 1)) * rows / height;
    live_screen_text(s, row + at, column, LIVE_DIM, "%7g", pow(10, decade));
  }
  for (int pass = 0; pass < 2; pass++)
    for (int x = 0; x < width; x++) {
      size_t from, to;
      double sum = 0;
      if (pass && !j->fit) break;
      part(j, x, width, &from, &to);
      for (size_t i = from; i < to; i++) sum += pass ? j->fit[i] : (double)y[i];
      sum /= (double)(to - from);
      if (sum > bottom) live_canvas_dot(&c, x, (int)lrint(log10(top / sum) / span * (height - 1)), pass ? LIVE_RED : LIVE_BLUE);
    }
}

static void draw_residuals(const live_view *v, live_screen *s, int row, int column, int rows, int columns)
{
  const live_job *j = v->last;
  live_canvas c = {s, row, column + LABEL, rows, columns - LABEL};
  int width = live_canvas_width(&c), height = live_canvas_height(&c);
  if (width < 2 || !j->fit) return;
  live_screen_text(s, row, column, LIVE_DIM, "%+7g", RESIDUAL_MAX);
  live_screen_text(s, row + rows - 1, column, LIVE_DIM, "%+7g", -RESIDUAL_MAX);
  for (int x = 0; x < width; x++) {
    size_t from, to;
    double data = 0, fit = 0;
    if (x % 4 == 0) live_canvas_dot(&c, x, height / 2, LIVE_DIM);
    part(j, x, width, &from, &to);
    for (size_t i = from; i < to; i++) data += (double)j->counts[j->range.first + i], fit += j->fit[i];
    if (!(fit > 0)) continue;
    double r = fmax(-RESIDUAL_MAX, fmin(RESIDUAL_MAX, (data - fit) / sqrt(fit)));
    live_canvas_dot(&c, x, (int)lrint((RESIDUAL_MAX - r) / (2 * RESIDUAL_MAX) * (height - 1)), LIVE_GREEN);
  }
}

/* ---- lifetimes ---- */
typedef struct span { double low, high; bool is_log; } span;

static double place(const span *y, double v)
{
  return y->is_log ? log(y->high / v) / log(y->high / y->low) : (y->high - v) / (y->high - y->low);
}

static span lifetime_span(const live_view *v)
{
  span y = {INFINITY, 0, false};
  for (size_t i = 0; i < v->points; i++)
    for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) {
      const live_point *p = &v->history[i];
      if (!p->is_ok || !isfinite(p->tau_s[k])) continue;
      y.low = fmin(y.low, isfinite(p->low_s[k]) ? p->low_s[k] : p->tau_s[k]);
      y.high = fmax(y.high, isfinite(p->high_s[k]) ? p->high_s[k] : p->tau_s[k]);
    }
  if (!(y.high > 0)) return (span){0, 0, false};
  y.is_log = y.high > LOG_SPAN * y.low;
  double margin = y.is_log ? 1.1 : 0.05 * (y.high - y.low) + 0.005 * y.high;
  if (y.is_log) y.low /= margin, y.high *= margin;
  else y.low = fmax(y.low - margin, 0), y.high += margin;
  return y;
}

static void draw_lifetimes(const live_view *v, live_screen *s, int row, int column, int rows, int columns)
{
  live_canvas c = {s, row, column + LABEL, rows - 1, columns - LABEL};
  int width = live_canvas_width(&c), height = live_canvas_height(&c);
  span y = lifetime_span(v);
  if (width < 2 || height < 4 || !v->points || !(y.high > 0)) return;
  double from = v->history[0].time_s, to = v->history[v->points - 1].time_s;
  if (!(to > from)) to = from + 1;
  for (int i = 0; i < 3; i++) {
    char text[40];
    double value = y.is_log ? y.high * pow(y.low / y.high, i / 2.0) : y.high + (y.low - y.high) * i / 2;
    ts_format_time(text, sizeof text, value, 3);
    live_screen_text(s, row + (rows - 2) * i / 2, column, LIVE_DIM, "%7s", text);
  }
  char left[40], right[40];
  snprintf(left, sizeof left, "%.4g s", from);
  snprintf(right, sizeof right, "%.4g s", to);
  live_screen_text(s, row + rows - 1, column + LABEL, LIVE_DIM, "%s", left);
  live_screen_text(s, row + rows - 1, column + columns - (int)strlen(right), LIVE_DIM, "%s", right);
  for (size_t m = 0; m < v->marks; m++)
    for (int i = 0; i < height && v->mark_s[m] >= from; i += 2)
      live_canvas_dot(&c, (int)((v->mark_s[m] - from) / (to - from) * (width - 1)), i, LIVE_DIM);
  for (int pass = 0; pass < 2; pass++)
    for (size_t n = 0; n < v->points; n++) {
      const live_point *p = &v->history[n];
      int x = (int)lrint((p->time_s - from) / (to - from) * (width - 1));
      for (unsigned k = 0; k < TS_COMPONENTS_MAX; k++) {
        if (!p->is_ok || !(p->tau_s[k] > 0)) continue;
        if (pass) {
          live_canvas_dot(&c, x, (int)lrint(place(&y, p->tau_s[k]) * (height - 1)), component_colour[k]);
          continue;
        }
        if (!(p->low_s[k] > 0) || !isfinite(p->high_s[k])) continue;
        int a = (int)lrint(place(&y, p->high_s[k]) * (height - 1)), b = (int)lrint(place(&y, p->low_s[k]) * (height - 1));
        for (int i = a; i <= b; i++)
          if ((x + i) % 2 == 0) live_canvas_dot(&c, x, i, component_colour[k]);
      }
    }
}

/* ---- text ---- */
static void draw_head(const live_view *v, live_screen *s)
{
  int at = live_screen_text(s, 0, 0, LIVE_BOLD, "taustream live");
  at = live_screen_text(s, 0, at + 2, LIVE_PLAIN, "%.80s", v->source);
  at = live_screen_text(s, 0, at + 2, !strcmp(v->state, "running") ? LIVE_GREEN : LIVE_YELLOW, "%s", v->state);
  at = live_screen_text(s, 0, at + 2, LIVE_DIM, "%.60s", v->device);
  if (v->record) live_screen_text(s, 0, at + 2, LIVE_RED, "rec %.60s, %.1f MB", v->record, (double)v->record_bytes / 1e6);
  at = live_screen_text(s, 1, 0, LIVE_PLAIN, "%llu frames", (unsigned long long)v->frames);
  if (v->not_ok) at = live_screen_text(s, 1, at, LIVE_YELLOW, ", %llu not ok", (unsigned long long)v->not_ok);
  if (v->pending > 1) at = live_screen_text(s, 1, at, LIVE_PLAIN, ", %zu waiting", v->pending);
  if (!v->last) return;
  const ts_live_frame *f = &v->last->frame;
  double length = f->end_s - f->start_s, photons = (double)(f->photons + f->outside);
  at = live_screen_text(s, 1, at, LIVE_PLAIN, "   t %.2f s   %.0f photons", f->end_s, photons);
  if (length > 0) at = live_screen_text(s, 1, at, LIVE_PLAIN, "   %.4g photons/s", photons / length);
  if (f->pulses > 0) at = live_screen_text(s, 1, at, LIVE_PLAIN, "   %.3g a pulse", photons / f->pulses);
  if (isfinite(f->dead_time_fraction)) live_screen_text(s, 1, at, LIVE_PLAIN, "   dead %.2f %%", 100 * f->dead_time_fraction);
  else live_screen_text(s, 1, at, LIVE_DIM, "   dead time not known");
}

static void draw_result(const live_view *v, live_screen *s, int row)
{
  const ts_trpl_result *r = &v->last->result;
  int at = 0;
  for (unsigned k = 0; k < r->components; k++) {
    char value[40], sigma[40];
    ts_format_time(value, sizeof value, r->lifetime_s[k], 4);
    ts_format_time(sigma, sizeof sigma, r->lifetime_sigma_s[k], 2);
    if (isnan(r->lifetime_s[k])) snprintf(value, sizeof value, "?");
    at = live_screen_text(s, row, at, component_colour[k], "tau%u %s", k + 1, value);
    if (isfinite(r->lifetime_sigma_s[k])) at = live_screen_text(s, row, at, component_colour[k], s->ascii ? " +- %s" : " ± %s", sigma);
    if (r->components > 1 && isfinite(r->amplitude_fraction[k])) at = live_screen_text(s, row, at, component_colour[k], " (%.0f %%)", 100 * r->amplitude_fraction[k]);
    at += 3;
  }
  if (r->components > 1 && isfinite(r->lifetime_mean_amplitude_s)) {
    char value[40];
    ts_format_time(value, sizeof value, r->lifetime_mean_amplitude_s, 4);
    live_screen_text(s, row, at, LIVE_PLAIN, "mean %s", value);
  }
  at = live_screen_text(s, row + 1, 0, r->status == TS_STATUS_OK && !v->last->not_fitted ? LIVE_GREEN : LIVE_YELLOW, "%s",
                        v->last->not_fitted ? v->last->not_fitted : ts_status_name(r->status));
  if (isfinite(r->chi2_reduced)) at = live_screen_text(s, row + 1, at, LIVE_PLAIN, "   chi2 %.3f", r->chi2_reduced);
  if (isfinite(r->background_per_bin)) at = live_screen_text(s, row + 1, at, LIVE_PLAIN, "   background %.3g a bin", r->background_per_bin);
  for (unsigned bit = 0; bit < 32; bit++) {
    const char *name = r->flags >> bit & 1 ? ts_flag_name(1u << bit) : NULL;
    if (name) at = live_screen_text(s, row + 1, at + 2, LIVE_YELLOW, "%s", name);
  }
}

void live_view_draw(const live_view *v, live_screen *s)
{
  static const char keys[] = "f freeze  r reset  1-4 components  m mark  s save  q quit";
  draw_head(v, s);
  int foot = s->rows - 4, body = foot - HEAD_ROWS + 1;
  live_screen_text(s, s->rows - 1, 0, LIVE_DIM, "%s", keys);
  if (*v->note) live_screen_text(s, s->rows - 2, 0, LIVE_YELLOW, "%s", v->note);
  if (!v->last || body < 6 || s->columns < 30) return;
  draw_result(v, s, foot);
  int half = s->columns >= 70 ? s->columns / 2 : s->columns, top = HEAD_ROWS - 1;
  bool beside = half < s->columns;
  int decay = beside ? body - 1 : body / 2;
  int residual = decay >= 10 ? RESIDUAL_ROWS : 0;
  rule(s, top, 0, half - (beside ? 1 : 0), "counts a bin, fit");
  draw_decay(v, s, top + 1, 0, decay - 1 - (residual ? residual + 1 : 0), half - (beside ? 2 : 0));
  if (residual) {
    rule(s, top + decay - residual - 1, 0, half - (beside ? 1 : 0), "residuals, sigma");
    draw_residuals(v, s, top + decay - residual, 0, residual, half - (beside ? 2 : 0));
  }
  int lifetimes = beside ? top : top + decay;
  rule(s, lifetimes, beside ? half : 0, beside ? s->columns - half : half, "lifetimes, 95 %");
  draw_lifetimes(v, s, lifetimes + 1, beside ? half : 0, foot - lifetimes - 1, beside ? s->columns - half : half);
}
