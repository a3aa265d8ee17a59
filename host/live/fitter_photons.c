/* --send photons: the device makes the frames' histograms from their photons, which go to it while the frame is open. */
#include "../fit/plan.h"
#include "fitter_inside.h"

#define PHOTONS_PART 4096u

/* The photons of the frame's histogram, in the order of their bins. */
static ts_error send_photons(live_fitter *f, const live_job *j, uint64_t *sent)
{
  uint32_t bin[PHOTONS_PART];
  size_t n = 0;
  ts_error e = TS_OK;
  *sent = 0;
  for (size_t i = f->range.first; !e && i < f->range.end; i++)
    for (uint64_t k = 0; !e && k < j->counts[i]; k++) {
      bin[n++] = (uint32_t)(i - f->range.first);
      ++*sent;
      if (n < PHOTONS_PART) continue;
      e = ts_frames_photons(f->frames, bin, n);
      n = 0;
    }
  return e || !n ? e : ts_frames_photons(f->frames, bin, n);
}

static ts_error open_frames(live_fitter *f)
{
  const ts_frames_options o = {.warm = true};
  f->streamed = 0;
  f->is_streaming = false;
  return f->frames ? TS_OK : ts_frames_open(f->device, f->plan, &o, &f->frames);
}

void fitter_drop_frames(live_fitter *f)
{
  ts_frames_destroy(f->frames);
  f->frames = NULL;
  f->is_streaming = false;
}

void fitter_stream_part(live_fitter *f, live_job *part)
{
  const bool goes_on = f->is_streaming && f->stream_number == part->frame.number;
  if (!f->plan || !f->settled || f->flight.n || f->other || (!goes_on && !part->is_first)) return;
  ts_error e = TS_OK;
  if (!goes_on) {
    if (f->is_streaming) fitter_drop_frames(f);   /* a frame that was never closed */
    e = open_frames(f);
    f->is_streaming = !e;
    f->stream_number = part->frame.number;
  }
  size_t n = 0;
  for (size_t i = 0; i < part->photons; i++)
    if (part->bin[i] >= f->range.first && part->bin[i] < f->range.end) part->bin[n++] = (uint32_t)(part->bin[i] - f->range.first);
  if (!e && n) e = ts_frames_photons(f->frames, part->bin, n);
  f->streamed += n;
  if (e) fitter_drop_frames(f);
}

ts_error fitter_fit_photons(live_fitter *f, live_job *j)
{
  ts_frame frame;
  ts_error e = TS_OK;
  if (f->is_streaming && f->stream_number != j->frame.number) fitter_drop_frames(f);
  if (!f->is_streaming) {
    e = open_frames(f);
    if (!e) e = send_photons(f, j, &f->streamed);
  }
  f->is_streaming = false;
  if (!e) e = ts_frames_close(f->frames);
  if (!e) e = ts_frames_await(f->frames, &frame);
  if (e) return e;
  uint64_t expected = 0;
  for (size_t i = f->range.first; i < f->range.end; i++) expected += j->counts[i];
  if ((uint64_t)frame.photons + frame.outside != f->streamed || f->streamed != expected)
    return ts_device_fail(f->device, TS_ERROR_PROTOCOL, "the device counted %u photons in a frame of %llu, %llu were sent", frame.photons + frame.outside,
                          (unsigned long long)expected, (unsigned long long)f->streamed);
  if ((e = ts_frames_judge(f->frames, j->counts + f->range.first, &j->result))) return e;
  j->by_device = true;
  if (frame.latency_clocks) j->result.cycles = frame.latency_clocks;
  return fitter_give(f, j);
}
