/* taustream live --record and --json: what is written of a measurement, in its order. */
#include <stdio.h>
#include <string.h>

#include "../io/record_value.h"
#include "live_inside.h"

void live_trouble(live *l, const char *message)
{
  if (l->terminal) {
    snprintf(l->view.note, sizeof l->view.note, "%.150s", message);
    live_terminal_note(l->terminal, message);   /* told again when the view is gone */
  } else {
    complain(0, "%s", message);
  }
}

void live_recording_failed(live *l)
{
  char message[TS_MESSAGE_BYTES];
  live_trouble(l, ts_recording_message(l->recording));
  ts_recording_close(l->recording, NULL, message);
  l->recording = NULL;
  l->failed = true;
}

void live_record_frame(live *l, const ts_live_frame *f, const uint64_t *counts)
{
  if (!l->recording) return;
  if (!ts_recording_frame(l->recording, f, counts, l->source->axis.bins) || !ts_recording_flush(l->recording)) live_recording_failed(l);
}

static void put_json(const json_t *j)
{
  json_dumpf(j, stdout, JSON_COMPACT | JSON_REAL_PRECISION(17));
  putchar('\n');
  fflush(stdout);
}

static json_t *gap(uint64_t before_frame, double start_s, double end_s, const char *why)
{
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.gap/1"));
  json_object_set_new(j, "before_frame", json_integer((json_int_t)before_frame));
  json_object_set_new(j, "start_s", ts_json_number(start_s));
  json_object_set_new(j, "end_s", ts_json_number(end_s));
  json_object_set_new(j, "reason", json_string(why));
  return j;
}

static void record_note(live *l, uint8_t type, json_t *j)
{
  if (l->recording && (!ts_recording_json(l->recording, type, 0, j) || !ts_recording_flush(l->recording))) live_recording_failed(l);
  if (l->o->trpl.common.json) put_json(j);
  json_decref(j);
}

void live_gap(live *l, double start_s, double end_s, const char *why)
{
  record_note(l, TS_MSG_RECORDING_GAP, gap(l->closed, start_s, end_s, why));
}

void live_tell_missed(live *l)
{
  char why[160];
  snprintf(why, sizeof why, "nobody read standard output: frames %llu to %llu are not in it%s", (unsigned long long)l->missed_from.number,
           (unsigned long long)l->missed_to.number, l->recording ? ", they are recorded" : "");
  l->sink.withholds = false;
  live_trouble(l, why);
  if (!l->o->trpl.common.json) return;
  json_t *j = gap(l->missed_from.number, l->missed_from.start_s, l->missed_to.end_s, why);
  put_json(j);
  json_decref(j);
}

void live_mark(live *l)
{
  json_t *j = json_object();
  json_object_set_new(j, "schema", json_string("taustream.mark/1"));
  json_object_set_new(j, "before_frame", json_integer((json_int_t)l->closed));
  json_object_set_new(j, "time_s", json_real(l->last_end_s));
  record_note(l, TS_MSG_RECORDING_MARK, j);
  live_view_mark(&l->view);
}

bool live_record_result(live *l, const live_job *j, const ts_trpl_origin *origin)
{
  ts_recording *r = l->recording;
  /* Whatever comes: the fitter gives it when it is new, and another device's may have the same number. */
  if (j->config_payload && j->irf_payload && (!ts_recording_put(r, TS_MSG_CONFIG, j->config, j->config_payload, j->config_bytes) ||
                                              !ts_recording_put(r, TS_MSG_IRF, j->config, j->irf_payload, j->irf_bytes))) return false;
  if (!j->not_fitted) {
    uint8_t payload[sizeof j->result.raw / 2 + 4];
    size_t n = strlen(j->result.raw) / 2;
    for (size_t i = 0; i < n; i++) {
      unsigned byte = 0;
      sscanf(j->result.raw + 2 * i, "%2x", &byte);
      payload[i] = (uint8_t)byte;
    }
    uint32_t cycles = j->result.cycles > 0 ? (uint32_t)j->result.cycles : 0;
    for (unsigned i = 0; i < 4; i++) payload[n + i] = (uint8_t)(cycles >> 8 * i);
    if (!ts_recording_put(r, TS_MSG_RESULT, j->config, payload, n + 4)) return false;
  }
  json_t *record = ts_trpl_record(origin, &j->result);
  bool good = ts_recording_json(r, TS_MSG_RECORDING_RECORD, j->config, record) && ts_recording_flush(r);
  json_decref(record);
  return good;
}
