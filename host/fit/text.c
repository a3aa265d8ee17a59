#include "taustream.h"

const char *ts_status_name(ts_status s) {
  switch (s) {
    case TS_STATUS_OK: return "ok";
    case TS_STATUS_INSUFFICIENT_DATA: return "insufficient_data";
    case TS_STATUS_SATURATED: return "saturated";
    case TS_STATUS_NOT_CONVERGED: return "not_converged";
    case TS_STATUS_AT_LIMIT: return "at_limit";
    case TS_STATUS_ORDER_UNSUPPORTED: return "order_unsupported";
    default: return "unknown";
  }
}

const char *ts_flag_name(unsigned single_flag) {
  switch (single_flag) {
    case TS_FLAG_POOR_FIT: return "poor_fit";
    case TS_FLAG_BACKGROUND_AT_ZERO: return "background_at_zero";
    case TS_FLAG_IRF_NOISE: return "irf_noise";
    case TS_FLAG_IRF_TRUNCATED: return "irf_truncated";
    case TS_FLAG_PRECISION_LIMITED: return "precision_limited";
    case TS_FLAG_REBINNED: return "rebinned";
    case TS_FLAG_PILE_UP: return "pile_up";
    case TS_FLAG_LIFETIME_BEYOND_WINDOW: return "lifetime_beyond_window";
    case TS_FLAG_IRF_RESAMPLED: return "irf_resampled";
    case TS_FLAG_IRF_APPROXIMATED: return "irf_approximated";
    case TS_FLAG_IRF_UNDERSAMPLED: return "irf_undersampled";
    case TS_FLAG_COMPACT: return "compact";
    case TS_FLAG_DNL_CORRECTED: return "dnl_corrected";
    case TS_FLAG_PILE_UP_MODELLED: return "pile_up_modelled";
    case TS_FLAG_HOST_FINISHED: return "host_finished";
    case TS_FLAG_NOISE_SHARED: return "noise_shared";
    case TS_FLAG_PERIOD_UNKNOWN: return "period_unknown";
    case TS_FLAG_NOT_POISSON: return "not_poisson";
    case TS_FLAG_SIGMA_OVERSTATED: return "sigma_overstated";
    default: return 0;
  }
}
