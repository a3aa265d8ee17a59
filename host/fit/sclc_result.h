/* Result words of the SCLC engine -> volts, densities, mobility, intervals, status and flags. */
#ifndef TS_SCLC_RESULT_H
#define TS_SCLC_RESULT_H
#include "../session/protocol.h"
#include "taustream.h"

#define TS_SCLC_POINTS_SENT_MAX 4095         /* in one message, whatever the device claims: TS_MAX_PAYLOAD_BYTES */
#define TS_SCLC_TEMPLATE_FACTOR 1.125        /* V_TFL = TS_SCLC_DIFFUSION kT/q + TS_SCLC_TEMPLATE_FACTOR V_t */
#define TS_SCLC_DIFFUSION 26.7
#define TS_SCLC_REACH_MIN 2.4                /* V_max / V_TFL below which the sweep is too short */
#define TS_SCLC_V_MIN_KT 19.739208802178716  /* 2 pi^2: V_min in kT/q */

/* words: TS_SCLC_RES_WORDS and `cycles`. Everything but `raw` is set. */
void ts_sclc_result_from_words(const ts_sclc_options *o, const uint32_t *words, ts_sclc_result *r);
/* The ohmic current over the least that filled traps of this V_TFL leave, and its flag. */
void ts_sclc_result_ohmic(ts_sclc_result *r);
/* Densities from voltages, by the status; what is no answer becomes NAN. */
void ts_sclc_result_publish(const ts_sclc_options *o, ts_sclc_result *r);
#endif
