/* Backend `model`: the integer C device, in this process. */
#include <stdio.h>
#include <stdlib.h>

#include "../model/device.h"
#include "transport.h"

typedef struct model_transport {
  ts_transport base;
  ts_model *model;
} model_transport;

static ts_error model_write(ts_transport *t, const uint8_t *bytes, size_t n, size_t *moved) {
  *moved = ts_model_write(((model_transport *)t)->model, bytes, n);
  return TS_OK;
}

static ts_error model_read(ts_transport *t, uint8_t *bytes, size_t n, size_t *moved) {
  *moved = ts_model_read(((model_transport *)t)->model, bytes, n);
  return TS_OK;
}

/* The model works inside write(): when both directions stand still, waiting brings nothing. */
static ts_error model_wait(ts_transport *t, bool want_write, int timeout_ms, bool *ready) {
  (void)t;
  (void)want_write;
  (void)timeout_ms;
  *ready = false;
  return TS_OK;
}

static void model_close(ts_transport *t) {
  ts_model_destroy(((model_transport *)t)->model);
  free(t);
}

static const char *model_text(const ts_transport *t) {
  (void)t;
  return "model";
}

static const ts_transport_ops model_ops = {model_write, model_read, model_wait, model_close, model_text};

ts_error ts_transport_open_model(ts_transport **t, unsigned engine, char *message) {
  model_transport *m = malloc(sizeof *m);
  if (m) {
    m->base = (ts_transport){.ops = &model_ops, .throttles = true};
    m->model = ts_model_create(engine);
    if (m->model) {
      *t = &m->base;
      return TS_OK;
    }
    free(m);
  }
  if (message) snprintf(message, TS_MESSAGE_BYTES, "model: out of memory, or engine %u is unknown to it", engine);
  return TS_ERROR_MEMORY;
}
