/* taustream: lifetimes from time-resolved measurements, fitted on a device (the integer model, simulated gateware, a board).
 *
 * Thread safety: a ts_device and everything made from it belong to one thread at a time; different devices are independent.
 * There are no globals. Every function that can fail returns a ts_error; ts_error_text() gives its meaning and
 * ts_device_message() / the `message` buffers the particulars (file, line, value, what was expected).
 *
 * Times are seconds, counts are photons, unless a name says otherwise (`_bins`).
 */
#ifndef TAUSTREAM_H
#define TAUSTREAM_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

#define TS_COMPONENTS_MAX 4
#define TS_PARAMETERS_MAX (2 * TS_COMPONENTS_MAX + 2)
#define TS_MESSAGE_BYTES 512

typedef enum ts_error {
  TS_OK = 0,
  TS_ERROR_ARGUMENT = -1,      /* an argument is outside its range */
  TS_ERROR_MEMORY = -2,        /* out of memory */
  TS_ERROR_UNSUPPORTED = -3,   /* the device does not hold what was asked (message names it) */
  TS_ERROR_TRANSPORT = -4,     /* the byte stream failed or ended */
  TS_ERROR_TIMEOUT = -5,       /* no answer in time */
  TS_ERROR_PROTOCOL = -6,      /* an answer broke the protocol: magic, version, length, CRC, sequence */
  TS_ERROR_DEVICE = -7,        /* the device answered with an error message */
  TS_ERROR_INPUT = -8          /* the data cannot be fitted: IRF all zeros, IRF wider than the window, fewer bins than parameters ... */
} ts_error;

const char *ts_error_name(ts_error e);  /* "TS_ERROR_TIMEOUT" */
const char *ts_error_text(ts_error e);  /* "no answer in time" */
const char *ts_version(void);

/* ---- device ---- */
typedef struct ts_device ts_device;
typedef struct ts_device_info {
  char backend[256];           /* what was opened: "model", "rtl", "usb:SERIAL", "uart:PATH", "socket:PATH" */
  char engine[8];              /* "u16", "e18" */
  uint32_t protocol_version, components_max, bins_max, fine_max, groups_max, word_bits, state_bits, count_bits, jobs_in_flight,
      clock_hz, gateware_version;
  uint32_t reconnects;         /* how often the board went away and came back since it was opened */
} ts_device_info;

/* backend: "auto" (a USB board if there is one, else the model), "model", "rtl", "usb", "usb:SERIAL", "uart:PATH[@BAUD]", "uart:ftdi:SERIAL",
 * "socket:PATH". engine: "u16", "e18" or NULL: e18 for model and rtl, whatever a board has. message (TS_MESSAGE_BYTES) may be NULL. On success *d
 * is open and its info was read.
 * A board that goes away (unplugged, silent, answers that break the protocol) while histograms are in flight is waited for and opened again
 * inside ts_trpl_submit() and ts_trpl_poll(), which then take up to 10 s (TAUSTREAM_RECONNECT_S); histograms without an answer are sent again, and
 * every histogram gets one result. */
ts_error ts_device_open(ts_device **d, const char *backend, const char *engine, char *message);
void ts_device_close(ts_device *d);
const ts_device_info *ts_device_get_info(const ts_device *d);
const char *ts_device_message(const ts_device *d);   /* particulars of the last error */
uint64_t ts_device_bytes_to(const ts_device *d);
uint64_t ts_device_bytes_from(const ts_device *d);
ts_error ts_device_echo(ts_device *d, const uint8_t *bytes, size_t n);  /* loopback of at most 64 bytes, compared */

/* ---- TRPL ---- */
typedef enum ts_irf_kind { TS_IRF_NONE, TS_IRF_HISTOGRAM, TS_IRF_GAUSS } ts_irf_kind;
typedef enum ts_choice { TS_FREE, TS_HELD, TS_ZERO } ts_choice;

typedef struct ts_trpl_options {
  double bin_width_s;
  unsigned components;                       /* 1..4 */
  ts_irf_kind irf_kind;
  const double *irf; size_t irf_bins;        /* TS_IRF_HISTOGRAM: counts on irf_bin_width_s, bin 0 at the data's bin 0 + irf_start_s */
  double irf_bin_width_s, irf_start_s;
  double irf_fwhm_s;                         /* TS_IRF_GAUSS, centred at time zero of the data + irf_start_s */
  ts_choice irf_background; double irf_background_counts_per_bin;  /* TS_FREE: from the bins before its rise */
  double lifetime_s[TS_COMPONENTS_MAX];      /* 0: the device starts by itself */
  bool lifetime_held[TS_COMPONENTS_MAX];
  ts_choice background; double background_counts_per_bin;  /* TS_HELD: at that value; TS_ZERO: held at 0 (device's floor) */
  ts_choice shift; double shift_s;           /* TS_FREE: searched over the window, then refined; TS_HELD: at shift_s; TS_ZERO: none */
  double period_s;                           /* 0: none */
  double pulses;                             /* excitation pulses, 0: unknown */
} ts_trpl_options;
void ts_trpl_options_default(ts_trpl_options *o);

/* Flags: what a careful person would want to know. Status: the first that applies. */
typedef enum ts_status { TS_STATUS_OK, TS_STATUS_INSUFFICIENT_DATA, TS_STATUS_SATURATED, TS_STATUS_NOT_CONVERGED, TS_STATUS_AT_LIMIT,
                         TS_STATUS_ORDER_UNSUPPORTED } ts_status;
const char *ts_status_name(ts_status s);     /* "order_unsupported" */
enum {
  TS_FLAG_POOR_FIT = 1u << 0, TS_FLAG_BACKGROUND_AT_ZERO = 1u << 1, TS_FLAG_IRF_NOISE = 1u << 2, TS_FLAG_IRF_TRUNCATED = 1u << 3,
  TS_FLAG_PRECISION_LIMITED = 1u << 4, TS_FLAG_REBINNED = 1u << 5, TS_FLAG_PILE_UP = 1u << 6, TS_FLAG_LIFETIME_BEYOND_WINDOW = 1u << 7,
  TS_FLAG_IRF_RESAMPLED = 1u << 8, TS_FLAG_IRF_APPROXIMATED = 1u << 9, TS_FLAG_IRF_UNDERSAMPLED = 1u << 10
};
const char *ts_flag_name(unsigned single_flag);  /* "poor_fit"; NULL when not one flag */

/* NAN stands for "could not be determined". Components are sorted by rising lifetime. */
typedef struct ts_trpl_result {
  uint64_t index;
  ts_status status; unsigned flags;
  unsigned components;
  double counts;
  double lifetime_s[TS_COMPONENTS_MAX], lifetime_sigma_s[TS_COMPONENTS_MAX], lifetime_low_s[TS_COMPONENTS_MAX], lifetime_high_s[TS_COMPONENTS_MAX];
  double amplitude[TS_COMPONENTS_MAX], amplitude_sigma[TS_COMPONENTS_MAX], amplitude_fraction[TS_COMPONENTS_MAX];
  double lifetime_mean_amplitude_s, lifetime_mean_amplitude_sigma_s, lifetime_mean_intensity_s, lifetime_mean_intensity_sigma_s;
  double background_per_bin, background_sigma, shift_s, shift_sigma_s;
  double chi2_reduced, deviance; int degrees_of_freedom;
  unsigned evaluations, starts; int64_t cycles;   /* cycles: -1 when the device has none */
  double bic;                                      /* deviance + parameters x ln(bins): `--components auto` */
  char raw[640];                                   /* hex of the result payload without `cycles` (4 components: 560 digits) */
} ts_trpl_result;

/* A plan is options + IRF prepared for a device and a number of bins: layout, IRF words, shift found over the window on the
 * `example` histogram (may be NULL when the shift is not free). It configures the device when first used. */
typedef struct ts_trpl_plan ts_trpl_plan;
ts_error ts_trpl_plan_create(ts_trpl_plan **p, ts_device *d, const ts_trpl_options *o, size_t bins, const double *example);
void ts_trpl_plan_destroy(ts_trpl_plan *p);
unsigned ts_trpl_plan_flags(const ts_trpl_plan *p);

/* Streaming: submit() takes one histogram (bins counts); it sends as far as the device has room. poll() gives the next result in the order of
 * submission, *got false when none is ready yet; with wait it blocks for one if any is in flight. Constant memory: at most
 * ts_trpl_in_flight_max() histograms may be submitted and not yet polled. */
size_t ts_trpl_in_flight_max(const ts_trpl_plan *p);
ts_error ts_trpl_submit(ts_trpl_plan *p, const uint64_t *counts, uint64_t index);
ts_error ts_trpl_poll(ts_trpl_plan *p, bool wait, ts_trpl_result *r, bool *got);

/* Expected counts of every bin for a result (length bins): double precision, for curves, plots and the deviance. */
ts_error ts_trpl_curve(const ts_trpl_plan *p, const ts_trpl_result *r, double *expected);
#ifdef __cplusplus
}
#endif
#endif
