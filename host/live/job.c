#include "job.h"

#include <stdlib.h>
#include <string.h>

live_job *live_job_create(const live_axis *axis, const ts_live_frame *frame, const uint64_t *counts)
{
  live_job *j = calloc(1, sizeof *j);
  if (!j || !(j->counts = malloc(axis->bins * sizeof *counts))) {
    free(j);
    return NULL;
  }
  memcpy(j->counts, counts, axis->bins * sizeof *counts);
  j->frame = *frame;
  j->bins = axis->bins;
  return j;
}

live_job *live_job_create_part(uint64_t number, const uint32_t *bin, size_t n)
{
  live_job *j = calloc(1, sizeof *j);
  if (!j || !(j->bin = malloc(n * sizeof *bin))) {
    free(j);
    return NULL;
  }
  memcpy(j->bin, bin, n * sizeof *bin);
  j->frame.number = number;
  j->photons = n;
  return j;
}

live_job *live_job_create_news(live_news news, const char *text)
{
  live_job *j = calloc(1, sizeof *j);
  if (!j || !(j->text = strdup(text))) {
    free(j);
    return NULL;
  }
  j->news = news;
  return j;
}

void live_job_free(live_job *j)
{
  if (!j) return;
  free(j->text);
  free(j->bin);
  free(j->counts);
  free(j->fit);
  free(j->config_payload);
  free(j->irf_payload);
  free(j);
}

void live_queue_put(live_queue *q, live_job *j)
{
  j->next = NULL;
  if (!q->n) q->last = &q->first;
  *q->last = j;
  q->last = &j->next;
  q->n++;
}

live_job *live_queue_take(live_queue *q)
{
  live_job *j = q->first;
  if (!j) return NULL;
  q->first = j->next;
  if (!--q->n) q->last = &q->first;
  return j;
}
