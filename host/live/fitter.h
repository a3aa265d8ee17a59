/* Fits frames on a device in a thread of its own, so that photons are taken and recorded while the device works or is away.
 *
 * Frames come out in the order in which they went in, each once, fitted or with the reason why not. A frame's histogram is sent, and every fit starts cold:
 * its result does not depend on the frames before it, and a jump between frames is followed. With `photons` the photons themselves are sent once the bins are
 * settled, while their frame is open (live_fitter_push_part); what did not come so is sent when it closes: the device histograms them (what it counted is
 * compared) and starts from the frame before (ts_frames_open). The bins that are fitted and the coarse shift are found from the sum of the first frames
 * (until SETTLED_COUNTS photons); a frame that does not fit by them is tried again with a coarse shift of its own, which then stays. */
#ifndef TAUSTREAM_LIVE_FITTER_H
#define TAUSTREAM_LIVE_FITTER_H
#include "../command/trpl_irf.h"
#include "framer.h"
#include "job.h"

typedef struct live_fitter live_fitter;
typedef struct live_fitter_state {
  bool is_away;                 /* the device went away and is waited for */
  bool has_failed;              /* for good: nothing more is fitted */
  ts_device_info device;
  bool has_no_plan;             /* up to now: there are photons enough for a fit, and no frame could be fitted */
  char message[TS_MESSAGE_BYTES];   /* has_failed, has_no_plan: why */
  uint64_t bytes_to, bytes_from;
} live_fitter_state;

/* Takes the device over. curves: fits come with their curve. waits: the source can wait for the device, so that frames are not let pass without a fit:
 * a device that does not come back is then a failure. NULL: no memory, no thread. */
live_fitter *live_fitter_create(ts_device *d, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, bool waits,
                                bool photons);
/* Before anything is pushed, and then nothing is: the device takes the photons of its pins and makes the frames itself; they come out as if they had been
 * pushed. The first ones, until SETTLED_COUNTS photons, are fitted by the engine's model here; from then on each by the device as it closes.
 * fits: NULL, or a model, taken over too, for a device that counts frames and holds no fits: it fits all of them, cold. */
live_fitter *live_fitter_create_pins(ts_device *d, ts_device *fits, const trpl_options *o, const trpl_irf *irf, const live_axis *axis, bool curves, const live_pins *pins,
                                     const live_rule *rule);
void live_fitter_set_components(live_fitter *f, unsigned components, bool fresh);   /* pins: from the next measurement on, which begins at once */
/* Ends the thread (what is not fitted yet is dropped) and closes the device. False: the thread waits for a device that says nothing, and still does after a while; it is left to it with all it was given
 * (options, IRF), which the caller must leave as it is until the program ends. */
bool live_fitter_destroy(live_fitter *f);
bool live_fitter_push(live_fitter *f, live_job *j);    /* takes the job over; false: no room now */
bool live_fitter_push_part(live_fitter *f, live_job *j);   /* the same for photons of the open frame, in their order, before its job; never popped */
void live_fitter_finish(live_fitter *f);               /* nothing more will be pushed: a device that is away is waited for no longer */
live_job *live_fitter_pop(live_fitter *f);             /* a frame, or news of the device where they belong between frames; NULL: nothing is ready */
size_t live_fitter_pending(const live_fitter *f);      /* frames pushed and not yet popped; for the thread that pushes and pops */
int live_fitter_fd(const live_fitter *f);              /* readable when something is ready */
void live_fitter_get_state(live_fitter *f, live_fitter_state *s);
#endif
