#include "taustream.h"

const char *ts_sclc_status_name(ts_sclc_status s)
{
  switch (s) {
    case TS_SCLC_OK: return "ok";
    case TS_SCLC_INSUFFICIENT_DATA: return "insufficient_data";
    case TS_SCLC_SATURATED: return "saturated";
    case TS_SCLC_NOT_CONVERGED: return "not_converged";
    case TS_SCLC_NO_TRAP_FILLED_LIMIT: return "no_trap_filled_limit";
    case TS_SCLC_UPPER_BOUND: return "upper_bound";
    default: return "unknown";
  }
}

const char *ts_sclc_flag_name(unsigned single_flag)
{
  switch (single_flag) {
    case TS_SCLC_FLAG_POOR_FIT: return "poor_fit";
    case TS_SCLC_FLAG_SERIES_RESISTANCE: return "series_resistance";
    case TS_SCLC_FLAG_INJECTION_BARRIER: return "injection_barrier";
    case TS_SCLC_FLAG_SWEEP_TOO_SHORT: return "sweep_too_short";
    case TS_SCLC_FLAG_EXPONENTIAL_TRAPS: return "exponential_traps";
    case TS_SCLC_FLAG_REBINNED: return "rebinned";
    case TS_SCLC_FLAG_SHALLOW_TRAPS: return "shallow_traps";
    case TS_SCLC_FLAG_INFLECTION_LOW: return "inflection_low";
    case TS_SCLC_FLAG_OHMIC_LOW: return "ohmic_low";
    case TS_SCLC_FLAG_LEAK: return "leak";
    case TS_SCLC_FLAG_FIELD_MOBILITY: return "field_mobility";
    case TS_SCLC_FLAG_IMPLAUSIBLE: return "implausible";
    case TS_SCLC_FLAG_HYSTERESIS: return "hysteresis";
    case TS_SCLC_FLAG_BUILT_IN_VOLTAGE: return "built_in_voltage";
    case TS_SCLC_FLAG_COMPLIANCE: return "compliance";
    case TS_SCLC_FLAG_POINTS_EXCLUDED: return "points_excluded";
    case TS_SCLC_FLAG_CURRENT_INVERTED: return "current_inverted";
    case TS_SCLC_FLAG_UNSORTED: return "unsorted";
    case TS_SCLC_FLAG_CURRENT_OFFSET: return "current_offset";
    case TS_SCLC_FLAG_CONVENTIONAL_VALUE: return "conventional_value";
    default: return 0;
  }
}
