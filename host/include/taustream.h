/* taustream: lifetimes from time-resolved measurements, fitted on a device (the integer model, simulated gateware, a board).
 *
 * Thread safety: a ts_device and everything made from it belong to one thread at a time; different devices are independent.
 * There are no globals; functions that take no object (names, defaults, ts_live_fraction(), ts_ta_curve()) may be called from any thread.
 * Every function that can fail returns a ts_error; ts_error_text() gives its meaning and
 * ts_device_message() / the `message` buffers the particulars (file, line, value, what was expected). Any of them may return TS_ERROR_ARGUMENT
 * for a NULL it needs; those that talk to the device TS_ERROR_TRANSPORT, TS_ERROR_TIMEOUT, TS_ERROR_PROTOCOL (after which the device is of no use
 * any more unless it comes back, see ts_device_open()) and TS_ERROR_DEVICE; those that make something TS_ERROR_MEMORY. Where more is said of errors
 * below, these come besides. What a function makes (`**`) is NULL after an error.
 *
 * Plans, measurements and sweeps hold on to their device: they are destroyed before it is closed, a measurement before its plan. All *_destroy() and
 * ts_device_close() take NULL.
 *
 * Times are seconds, counts are photons, voltages volts, current densities A/m2, unless a name says otherwise (`_bins`). A histogram is an array of one
 * count a bin, `bins` of its plan long; bin i holds what came from i bin_width_s to (i + 1) bin_width_s after the data's time zero.
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
const char *ts_version(void);           /* of the library, "0.1.0" */

/* ---- device ---- */
typedef struct ts_device ts_device;
typedef struct ts_device_info {
  char backend[256];           /* what was opened: "model", "rtl", "usb:SERIAL", "uart:PATH", "socket:PATH" */
  char engine[8];              /* "u16", "e18", "e20" */
  uint32_t protocol_version, components_max, bins_max, fine_max, groups_max, word_bits, state_bits, count_bits, jobs_in_flight,
      clock_hz, gateware_version, sclc_points_max;   /* sclc_points_max: points of a sweep, 0: no SCLC engine */
  uint32_t reconnects;         /* how often the board went away and came back since it was opened */
  uint32_t ta_components_max, ta_delays_max;   /* transient absorption; 0: the device has none */
  uint32_t ta_word_bits;         /* 18: for signals of SNR 1000; 20: 1e4; 0: none */
  uint32_t ta_kept;              /* 1: a matrix's columns are made once an evaluation; 0: for each wavelength (the same results, later) */
  uint32_t ta_signals_max;       /* signals of a matrix that stay on the device; what is beyond is sent for every evaluation */
  uint32_t photon;             /* photon front end: word `photon` of docs/protocol.md, of which the rest is made; 0: the device has none */
  bool photon_stream, photon_pins, photon_raw;   /* it takes photons by ts_frames_photons(); from its pins; sends the counts of single bins */
  uint32_t photon_words;       /* words of photons that a message holds */
  uint32_t photon_samples;     /* samples a clock at the pins */
} ts_device_info;

/* TS_ERROR_ARGUMENT: no such backend or engine; TS_ERROR_UNSUPPORTED: the device has another engine than was asked for.
 * backend: "auto" (a USB board if there is one, else the model), "model", "rtl", "usb", "usb:SERIAL", "uart:PATH[@BAUD]", "uart:ftdi:SERIAL",
 * "socket:PATH". engine: "u16", "e18", "e20" or NULL: e18 for model and rtl, whatever a board has. message (TS_MESSAGE_BYTES) may be NULL. On success *d
 * is open and its info was read.
 * A board that goes away (unplugged, silent, answers that break the protocol) while histograms are in flight is waited for and opened again
 * inside ts_trpl_submit(), ts_trpl_poll(), ts_ta_fit(), ts_ta_fit_global() and ts_sclc_answer(), which then take up to 10 s
 * (TAUSTREAM_RECONNECT_S); histograms without an answer are sent again (as are traces and sweeps), and
 * every histogram gets one result. */
ts_error ts_device_open(ts_device **d, const char *backend, const char *engine, char *message);
void ts_device_close(ts_device *d);
const ts_device_info *ts_device_get_info(const ts_device *d);   /* as long as the device is open; `reconnects` counts on. Of NULL: NULL; the four below: "" and 0 */
const char *ts_device_message(const ts_device *d);   /* particulars of the last error, until the next call for this device */
const char *ts_device_reconnect_reason(const ts_device *d);   /* why the stream broke that was connected again last; "" before the first (info.reconnects counts them) */
uint64_t ts_device_bytes_to(const ts_device *d);     /* over the link since it was opened, headers and checks too */
uint64_t ts_device_bytes_from(const ts_device *d);
/* Loopback of at most 64 bytes, compared. TS_ERROR_ARGUMENT: more; TS_ERROR_PROTOCOL: others came back. */
ts_error ts_device_echo(ts_device *d, const uint8_t *bytes, size_t n);

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
  bool compact;                              /* results without Fisher matrix: shorter on the link, no sigmas; TS_FLAG_COMPACT says so */
  bool alike;                                /* the histograms are like the example: their fits begin where a fit of it ended, in units of their own, which takes fewer evaluations */
  bool unchecked;                            /* the host does not look whether an answer is where the likelihood is highest (devices whose answers are invented) */
} ts_trpl_options;
/* One component without an IRF, lifetimes, background and shift free; bin_width_s is 0 and must be set. */
void ts_trpl_options_default(ts_trpl_options *o);

/* Flags: what a careful person would want to know. Status: the first that applies. */
typedef enum ts_status { TS_STATUS_OK, TS_STATUS_INSUFFICIENT_DATA, TS_STATUS_SATURATED, TS_STATUS_NOT_CONVERGED, TS_STATUS_AT_LIMIT,
                         TS_STATUS_ORDER_UNSUPPORTED } ts_status;
const char *ts_status_name(ts_status s);     /* "order_unsupported" */
enum {
  TS_FLAG_POOR_FIT = 1u << 0, TS_FLAG_BACKGROUND_AT_ZERO = 1u << 1, TS_FLAG_IRF_NOISE = 1u << 2, TS_FLAG_IRF_TRUNCATED = 1u << 3,
  TS_FLAG_PRECISION_LIMITED = 1u << 4, TS_FLAG_REBINNED = 1u << 5, TS_FLAG_PILE_UP = 1u << 6, TS_FLAG_LIFETIME_BEYOND_WINDOW = 1u << 7,
  TS_FLAG_IRF_RESAMPLED = 1u << 8, TS_FLAG_IRF_APPROXIMATED = 1u << 9, TS_FLAG_IRF_UNDERSAMPLED = 1u << 10,
  TS_FLAG_COMPACT = 1u << 11, /* no Fisher matrix was sent: no sigmas, and whether the data support the order was not tested */
  TS_FLAG_DNL_CORRECTED = 1u << 12, TS_FLAG_PILE_UP_MODELLED = 1u << 13, /* what ts_trpl_refit() was given; set by who gave it */
  TS_FLAG_HOST_FINISHED = 1u << 14, /* the IRF's histogram leaves its width open, or the window begins in it: the host went on with it as a Gauss; or the shift is beyond the device's range, or the answer short of the maximum */
  TS_FLAG_NOISE_SHARED = 1u << 15, /* ts_ta_fit_global: wavelengths share noise; the sigmas are those that the residuals show delay by delay */
  TS_FLAG_PERIOD_UNKNOWN = 1u << 16, /* period_s is 0, and were the window the period, tails of earlier pulses would be in the data: lifetimes may be far too short */
  TS_FLAG_NOT_POISSON = 1u << 17, /* chi2 below the 1e-6 quantile for counts: these were averaged, scaled or smoothed, and the sigmas tell nothing */
  TS_FLAG_SIGMA_OVERSTATED = 1u << 18 /* taustream ta: chi2 below its 1e-5 quantile: the data scatter less than the given sigmas say, and the intervals are too wide */
};
const char *ts_flag_name(unsigned single_flag);  /* "poor_fit"; NULL when not one flag */

/* NAN stands for "could not be determined". Components are sorted by rising lifetime. `_sigma`: one standard deviation, from the inverse Fisher
 * matrix; `_low`, `_high`: 95 %, exp(ln tau +- 1.96 sigma of ln tau). Amplitudes a_k and background: counts a bin; fraction: a_k over their sum; means: sum a tau
 * / sum a (amplitude), sum a tau^2 / sum a tau (intensity). chi2: Pearson's over the device's groups, per degree of freedom; deviance: of the Poisson
 * likelihood, over the bins. */
typedef struct ts_trpl_result {
  uint64_t index;                            /* as submitted */
  ts_status status; unsigned flags;
  unsigned components;
  double counts;                             /* of the histogram, in the bins that are fitted */
  double lifetime_s[TS_COMPONENTS_MAX], lifetime_sigma_s[TS_COMPONENTS_MAX], lifetime_low_s[TS_COMPONENTS_MAX], lifetime_high_s[TS_COMPONENTS_MAX];
  double amplitude[TS_COMPONENTS_MAX], amplitude_sigma[TS_COMPONENTS_MAX], amplitude_fraction[TS_COMPONENTS_MAX];
  double lifetime_mean_amplitude_s, lifetime_mean_amplitude_sigma_s, lifetime_mean_intensity_s, lifetime_mean_intensity_sigma_s;
  double background_per_bin, background_sigma, shift_s, shift_sigma_s;
  double chi2_reduced, deviance; int degrees_of_freedom;
  unsigned evaluations, starts;              /* 0 when compact */
  int64_t cycles;                            /* -1 when the device has none, or the result is compact */
  double irf_sigma_s;                        /* of the Gauss of TS_FLAG_HOST_FINISHED, which the data have a say in */
  unsigned scale_log2;                       /* the device had the counts divided by 2^this (TS_FLAG_PRECISION_LIMITED) */
  double left_sigmas;                        /* from the device's answer to the maximum of the host's likelihood, about, in the answer's sigmas; NAN: not known, or the host went there */
  double bic;                                      /* deviance + parameters x ln(bins): `--components auto` */
  char raw[640];                                   /* hex of the result payload without `cycles` (4 components: 560 digits) */
} ts_trpl_result;

/* A plan is options + IRF prepared for a device and a number of bins: layout, IRF words, shift found over the window on the
 * `example` histogram (bins counts; may be NULL when the shift is not free). It configures the device when first used. Nothing of o, irf or example is
 * kept. TS_ERROR_ARGUMENT: an option out of its range; TS_ERROR_INPUT: an IRF or bins that cannot be fitted; TS_ERROR_UNSUPPORTED: the engine does not
 * hold so many components or bins (at most 65536). Several plans may share a device. Destroyed with histograms in flight: their results are dropped.
 * ts_trpl_plan_flags(): what is to be said of the IRF, in every result's flags too. */
typedef struct ts_trpl_plan ts_trpl_plan;
ts_error ts_trpl_plan_create(ts_trpl_plan **p, ts_device *d, const ts_trpl_options *o, size_t bins, const double *example);
void ts_trpl_plan_destroy(ts_trpl_plan *p);
unsigned ts_trpl_plan_flags(const ts_trpl_plan *p);

/* Streaming: submit() takes one histogram (bins counts); it sends as far as the device has room. poll() gives the next result in the order of
 * submission, *got false when none is ready yet; with wait it blocks for one if any is in flight. Constant memory: at most
 * ts_trpl_in_flight_max() histograms may be submitted and not yet polled, of all plans of the device together; one more is TS_ERROR_ARGUMENT, and is not taken.
 * The counts are copied. TS_ERROR_DEVICE from poll(): the device refused this histogram (ts_device_message() has its index), which gets no result; the
 * next call gives the next one's. */
size_t ts_trpl_in_flight_max(const ts_trpl_plan *p);
ts_error ts_trpl_submit(ts_trpl_plan *p, const uint64_t *counts, uint64_t index);
ts_error ts_trpl_poll(ts_trpl_plan *p, bool wait, ts_trpl_result *r, bool *got);

/* Expected counts of every bin for a result (length bins): double precision, for curves, plots and the deviance. NAN in bins at the end that were not fitted
 * (TS_FLAG_REBINNED). TS_ERROR_ARGUMENT: the result has no lifetimes. */
ts_error ts_trpl_curve(const ts_trpl_plan *p, const ts_trpl_result *r, double *expected);

/* ---- bins that count only a part of their photons ----
 * Dead time. Multiplies weight[i] by the part of the pulses for which the detection was live in bin i, from the stops that were counted: each makes it
 * dead for dead_bins (not paralysable), also in the periods that follow; dead_bins < 0: until the period ends (one stop a pulse). bins: all from
 * SYNC on. TS_ERROR_INPUT: there are more stops than so many pulses can have made (weights are 0 there). Thread-safe. */
ts_error ts_live_fraction(const uint64_t *counts, size_t bins, double pulses, double period_bins, double dead_bins, double *weight);
/* Goes on from the plan's result r of these counts to the maximum of the likelihood of y_i ~ Poisson(weight_i mu_i), by the host in double precision, and
 * replaces everything in r but `raw`, `index`, `counts` and what tells of the device's work. The plan's bins of each; weight NULL: 1 each; weight_error (NULL: exact) is relative, one
 * standard deviation. A result without lifetimes is left as it is. For the thread that has the device. TS_ERROR_ARGUMENT: a weight that is negative or no
 * number, a result of another plan's order. */
ts_error ts_trpl_refit(ts_trpl_plan *p, const uint64_t *counts, const double *weight, const double *weight_error, ts_trpl_result *r);

/* ---- frames: photons in, a fit a frame out, on a device with a photon front end (docs/photon.md) ----
 * A frame is a histogram of consecutive photons; the device ends it, numbers it, fits it and sends what it found. Frames touch: no photon is lost
 * or counted twice between two of them. While a measurement is open the device fits nothing else (histograms are refused: `busy`), and the plan
 * must stay. One measurement a device. */
typedef enum ts_frame_end { TS_FRAME_END_PHOTONS, TS_FRAME_END_TIME, TS_FRAME_END_MARKER, TS_FRAME_END_COMMAND } ts_frame_end;

typedef struct ts_frames_options {
  uint32_t photons;                          /* a frame ends with so many photons; 0: by ts_frames_close() alone */
  bool warm;                                 /* a fit starts from the frame before; where that is not accepted, as any other fit */
  bool send_histogram;                       /* the counts of every frame are sent: ts_frame.counts, deviance */
  bool send_raw;                             /* the counts of every bin are sent: ts_frame.raw. Device info `photon`, bit 2 */
  bool dry;                                  /* frames are counted and not fitted: ts_frame.result holds nothing */
  /* Photons at the device's pins (info `photon`, bit 1); the rest is for these alone. */
  bool pins;
  uint64_t clocks;                           /* a frame ends after so many, below 2^48; 0: not by time */
  bool marker;                               /* ends with every rising edge of the marker's pin */
  unsigned bin_samples_log2;                 /* a bin is so many samples wide; the plan's bins begin at SYNC */
  uint16_t dead_samples;                     /* behind a stop */
} ts_frames_options;

typedef struct ts_frame {
  uint32_t number;                           /* from 0, without gaps */
  uint32_t photons;                          /* in the histogram */
  uint32_t outside;                          /* behind the last bin, not in it */
  uint32_t lost, syncs;                      /* pins: stops within dead time; starts */
  ts_frame_end end;                          /* why it ended */
  bool extended;                             /* later than it should: the device was not ready for the next */
  bool count_saturated, warm, returned;      /* started from the frame before; did so in vain, the result is that of an ordinary start */
  unsigned evaluations_refused;              /* of the start that was in vain */
  uint64_t start_clock, end_clock;           /* of the device, end excluded; 0 from the model */
  uint32_t latency_clocks;                   /* end of the frame to the end of its fit; 0 from the model */
  const uint32_t *counts; size_t groups;     /* NULL, 0: not sent. One a group (ts_frames_groups); valid until the next call */
  const uint32_t *raw; size_t raw_bins;      /* the same, one a bin of the plan */
  ts_trpl_result result;                     /* index: number. Judged as a histogram's with send_raw, unless the plan sums bins; else deviance and bic over the groups, NAN without counts */
} ts_frame;

/* Begins a measurement; o is copied. All of these belong to the thread that has the device. TS_ERROR_UNSUPPORTED, with a message that names it: the device has no
 * photon front end, no pins, no raw histograms, or no fits (then `dry`); TS_ERROR_ARGUMENT: options that do not go together, a measurement is open already. */
typedef struct ts_frames ts_frames;
ts_error ts_frames_open(ts_device *d, ts_trpl_plan *plan, const ts_frames_options *o, ts_frames **f);
/* n photons in the order of their arrival, each the bin it fell into (of the plan's bins; what is beyond counts as outside). They are packed and sent as
 * the device takes them; blocks while it does not. Finished frames wait to be fetched: with more than 4096 of them this is TS_ERROR_ARGUMENT. After
 * an error of the stream the measurement is over; the device opens a new one after a reconnection. */
ts_error ts_frames_photons(ts_frames *f, const uint32_t *bin, size_t n);
/* The open frame ends behind the photons given so far, even without any. Waits until the device has taken all of them. */
ts_error ts_frames_close(ts_frames *f);
/* The next finished frame, in their order. *got false: there was none within timeout_s (0: none is there). Frames that had come before an error of the stream are
 * given first, then the error. */
ts_error ts_frames_next(ts_frames *f, ts_frame *frame, double timeout_s, bool *got);
/* Bin edges of the groups, *groups + 1 of them, in the plan's bins; valid until ts_frames_destroy(). */
const uint32_t *ts_frames_groups(const ts_frames *f, size_t *groups);
/* Ends the measurement on the device: what the open frame holds is dropped, finished frames that were not fetched too. */
void ts_frames_destroy(ts_frames *f);

/* ---- transient absorption ----
 * S(t) = sum_k A_k F(t; tau_k) + c0 E + c1 v E + offset; F: exp(-t/tau), t >= 0, convolved with a Gaussian of standard deviation s = fwhm/2.3548;
 * E = exp(-u^2/2), v = 0.84932 u, u = (t - t0)/s. Least squares with weights 1/sigma^2 by damped Gauss-Newton steps on the device (Marquardt 1963);
 * starts by a linear search over a grid of lifetimes and t0 on the host. Amplitudes are signed, of any unit. */
typedef enum ts_ta_artefact { TS_TA_ARTEFACT_NONE, TS_TA_ARTEFACT_GAUSS, TS_TA_ARTEFACT_GAUSS2 } ts_ta_artefact;   /* c0; c0 and c1 */

typedef struct ts_ta_options {
  unsigned components;                       /* 1..4; 3 with a free width or an artefact */
  double irf_fwhm_s; bool irf_free;          /* free: irf_fwhm_s is the start, within a factor of 4; not with TS_TA_ARTEFACT_GAUSS2 */
  double t0_s; bool t0_held;                 /* free: searched within t0_range_s around t0_s */
  double t0_range_s;                         /* 0: 10 irf_fwhm_s */
  ts_choice offset;                          /* TS_FREE or TS_ZERO */
  ts_ta_artefact artefact;
  double lifetime_s[TS_COMPONENTS_MAX];      /* 0: searched for */
  bool lifetime_held[TS_COMPONENTS_MAX];
  double sigma;                              /* standard deviation of a signal where no list is given; 0: unknown, estimated from the residuals */
} ts_ta_options;
/* One component, IRF width held (irf_fwhm_s is 0 and must be set), t0 searched around 0, offset and lifetimes free, no artefact. */
void ts_ta_options_default(ts_ta_options *o);

typedef struct ts_ta_result {
  uint64_t index;
  ts_status status; unsigned flags;
  unsigned components;
  double lifetime_s[TS_COMPONENTS_MAX], lifetime_sigma_s[TS_COMPONENTS_MAX], lifetime_low_s[TS_COMPONENTS_MAX], lifetime_high_s[TS_COMPONENTS_MAX];
  double amplitude[TS_COMPONENTS_MAX], amplitude_sigma[TS_COMPONENTS_MAX];
  double t0_s, t0_sigma_s, irf_fwhm_s, irf_fwhm_sigma_s, offset, offset_sigma;
  double artefact[2], artefact_sigma[2];     /* c0, c1 */
  double chi2_reduced;                       /* NAN where sigma is unknown */
  double noise;                              /* standard deviation of a signal of the largest weight: as given, or from the residuals */
  int degrees_of_freedom;
  unsigned evaluations, starts;              /* of all starts */
  size_t masked;                             /* signals that were NAN */
  int64_t cycles;                            /* of all starts; -1 when the device has none */
  char raw[672];                             /* hex of the best start's result payload without `cycles` */
} ts_ta_result;

/* Delays (s) rise strictly, 8 to info.ta_delays_max of them. sigma: one a delay, in the signal's unit, or NULL (options.sigma for all). The arrays are copied.
 * TS_ERROR_ARGUMENT: an option out of its range; TS_ERROR_INPUT: delays or sigmas that cannot be fitted; TS_ERROR_UNSUPPORTED: the device has no transient
 * absorption, or does not hold so much. */
typedef struct ts_ta_plan ts_ta_plan;
ts_error ts_ta_plan_create(ts_ta_plan **p, ts_device *d, const ts_ta_options *o, const double *delay_s, const double *sigma, size_t delays);
void ts_ta_plan_destroy(ts_ta_plan *p);

/* Fits one trace (delays values, NAN: missing) and waits for it; index comes back in the result. TS_ERROR_INPUT: an infinite signal. */
ts_error ts_ta_fit(ts_ta_plan *p, const double *signal, uint64_t index, ts_ta_result *r);

/* Many wavelengths with shared lifetimes, t0 and IRF width, each with its own amplitudes, offset and artefact (variable projection). The device
 * sums for one wavelength at a time; the step is the host's. signal: [wavelength][delay]; time_zero_s: by how much the wavelength's t0 comes
 * later (chirp), or NULL; sigma: factor of the plan's sigmas for each wavelength, or NULL. r: what is shared (its amplitudes, offset and
 * artefact are NAN; `raw` is empty); spectra: one a wavelength. At most 4096 wavelengths. */
typedef struct ts_ta_spectrum {
  double amplitude[TS_COMPONENTS_MAX], amplitude_sigma[TS_COMPONENTS_MAX];   /* the decay-associated spectra, in the order of r's lifetimes */
  double offset, offset_sigma, artefact[2], artefact_sigma[2];
  double chi2_reduced, noise;                /* chi2 over signals less the wavelength's own parameters; NAN where sigma is unknown */
  size_t masked;
} ts_ta_spectrum;
ts_error ts_ta_fit_global(ts_ta_plan *p, const double *signal, size_t wavelengths, const double *time_zero_s, const double *sigma, ts_ta_result *r,
                          ts_ta_spectrum *spectra);

/* The model of a result at any n times, double precision; NAN where a lifetime, amplitude or artefact of the result is (ts_ta_fit_global(): put a spectrum's amplitudes, offset and
 * artefact into it first). TS_ERROR_ARGUMENT: no IRF width, or no number of components. */
ts_error ts_ta_curve(const ts_ta_result *r, const double *time_s, size_t n, double *signal);

/* ---- SCLC ---- */
typedef struct ts_sclc_options {
  double thickness_m, relative_permittivity, temperature_k;
} ts_sclc_options;

typedef enum ts_sclc_status { TS_SCLC_OK, TS_SCLC_INSUFFICIENT_DATA, TS_SCLC_SATURATED, TS_SCLC_NOT_CONVERGED,
                              TS_SCLC_NO_TRAP_FILLED_LIMIT, TS_SCLC_UPPER_BOUND } ts_sclc_status;
const char *ts_sclc_status_name(ts_sclc_status s);   /* "no_trap_filled_limit" */
enum {
  /* by the estimator */
  TS_SCLC_FLAG_POOR_FIT = 1u << 0,            /* residual_rms well over noise_rms */
  TS_SCLC_FLAG_SERIES_RESISTANCE = 1u << 1,   /* slope_last is near 1; or series_ohm_m2 was fitted */
  TS_SCLC_FLAG_INJECTION_BARRIER = 1u << 2,
  TS_SCLC_FLAG_SWEEP_TOO_SHORT = 1u << 3,     /* v_max_v / v_tfl_v */
  TS_SCLC_FLAG_EXPONENTIAL_TRAPS = 1u << 4,   /* mark_helfrich_l */
  TS_SCLC_FLAG_REBINNED = 1u << 6,            /* more points than the engine holds: neighbours were averaged */
  TS_SCLC_FLAG_SHALLOW_TRAPS = 1u << 7,       /* v_inflection_v lies above V_TFL, or v_onset_v below V_TFL / 10: traps that are not filled there */
  TS_SCLC_FLAG_INFLECTION_LOW = 1u << 8,      /* v_inflection_v lies below V_TFL / 8: that step is something else */
  TS_SCLC_FLAG_OHMIC_LOW = 1u << 9,           /* ohmic_a_m2_v below what traps filled up to V_TFL leave: a built-in voltage */
  TS_SCLC_FLAG_LEAK = 1u << 10,               /* leak_part: ohmic current beside the device; taken off where leak_a_m2_v is a number, else in the interval */
  TS_SCLC_FLAG_FIELD_MOBILITY = 1u << 11,     /* field_gamma_sqrt_m_v, or v_2_v far below V_TFL: the mobility grows with the field, or levels fill late */
  TS_SCLC_FLAG_IMPLAUSIBLE = 1u << 12,        /* a number beyond TS_SCLC_..._PLAUSIBLE_...: is the geometry right? */
  /* by the host, from several branches and from what was read */
  TS_SCLC_FLAG_HYSTERESIS = 1u << 16, TS_SCLC_FLAG_BUILT_IN_VOLTAGE = 1u << 17, TS_SCLC_FLAG_COMPLIANCE = 1u << 18,
  TS_SCLC_FLAG_POINTS_EXCLUDED = 1u << 19, TS_SCLC_FLAG_CURRENT_INVERTED = 1u << 20, TS_SCLC_FLAG_UNSORTED = 1u << 21,
  TS_SCLC_FLAG_CURRENT_OFFSET = 1u << 22, TS_SCLC_FLAG_CONVENTIONAL_VALUE = 1u << 23
};
const char *ts_sclc_flag_name(unsigned single_flag);   /* "series_resistance"; NULL when not one flag */

/* What no semiconductor film is known to go beyond: densities of states, mobilities of pure crystals, saturated drift velocities, breakdown (docs/sclc.md). */
#define TS_SCLC_DENSITY_PLAUSIBLE_M3 1e26
#define TS_SCLC_MOBILITY_PLAUSIBLE_M2_VS 0.1
#define TS_SCLC_MOBILITY_LEAST_M2_VS 1e-15
#define TS_SCLC_VELOCITY_PLAUSIBLE_M_S 3e5
#define TS_SCLC_FIELD_PLAUSIBLE_V_M 5e8

/* NAN stands for "could not be determined". */
typedef struct ts_sclc_result {
  ts_sclc_status status; unsigned flags;
  unsigned points;
  double v_tfl_v, v_tfl_low_v, v_tfl_high_v;                                 /* 95 %; upper bound: NAN, 0, bound */
  double trap_density_m3, trap_density_low_m3, trap_density_high_m3, trap_density_onset_m3, trap_density_min_m3;
  double mobility_m2_vs, mobility_sigma_m2_vs;
  double slope_max;                                                          /* largest windowed slope of log J over log V */
  /* what the answer rests on, for plots and for the flags' numbers */
  double v_min_v, v_max_v;                                                   /* resolvable: 2 pi^2 kT/q; highest voltage measured */
  double v_onset_v, v_inflection_v, v_2_v;
  double ohmic_a_m2_v;                                                       /* J/V of the ohmic region */
  double ohmic_over_least;                                                   /* that over the least which deep traps of v_tfl_high_v leave; 1 and more */
  double tangent_slope, tangent_v, tangent_j_a_m2;                           /* the steepest tangent and a point on it */
  double last_slope, last_v, last_j_a_m2;                                    /* the line through the last points */
  double v_t_v, j_0_a_m2;                                                    /* template: V = v_t f(z), J = j_0 / (z - ln(1 + z)) */
  double fit_from_v; unsigned fit_points;
  double residual_rms, noise_rms;                                            /* of ln J: about the template, point to point */
  double leak_a_m2_v, leak_part;                                             /* J/V beside the device that was taken off; part of the current at fit_from_v */
  double field_gamma_sqrt_m_v;                                               /* mobility_m2_vs x exp(gamma sqrt E), sqrt(m/V) */
  double series_ohm_m2;                                                      /* resistance times area in series with the device that was fitted */
  double field_max_v_m, drift_velocity_m_s;                                  /* v_max_v / thickness; mobility_m2_vs times that */
  double mark_helfrich_l;                                                    /* slope - 1, where the traps look exponential */
  int64_t cycles;                                                            /* -1 when the device has none */
  char raw[640];
} ts_sclc_result;

/* A sweep on a device: points V > 0, J > 0 (A/m2) with rising V; the device skips others. Method: docs/sclc_engine.md (windowed slope, tangents, filled-trap
 * template; resolvable limit of Le Corre et al., ACS Energy Lett. 6, 1087 (2021)). The library keeps the points (its memory grows with the sweep); a device
 * holds one sweep, and it is sent again when another one has used the device between. One thread at a time, as the device. */
typedef struct ts_sclc ts_sclc;
/* Thickness 1e-10 to 1 m, relative permittivity 1 to 1e6, 0 < temperature <= 2000 K, else TS_ERROR_ARGUMENT; TS_ERROR_UNSUPPORTED: the device has no SCLC engine. */
ts_error ts_sclc_create(ts_sclc **s, ts_device *d, const ts_sclc_options *o);
void ts_sclc_destroy(ts_sclc *s);
ts_error ts_sclc_begin(ts_sclc *s);                  /* a new sweep: forgets the points */
ts_error ts_sclc_point(ts_sclc *s, double voltage_v, double current_density_a_m2);   /* TS_ERROR_INPUT: not finite. TS_ERROR_MEMORY. */
/* Sends what the device does not have and reads its answer over all points; may be asked for behind every point. Errors: the session's. */
ts_error ts_sclc_answer(ts_sclc *s, ts_sclc_result *r);
#ifdef __cplusplus
}
#endif
#endif
