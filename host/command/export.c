/* taustream export: a recording as HDF5 or CSV. */
#include <stdlib.h>
#include <string.h>

#include "../io/output_file.h"
#include "export_hdf5.h"
#include "interrupt.h"
#include "command.h"
#include "option_values.h"

enum { HDF5 = OPTION_FIRST, CSV };

typedef struct export_options { char *hdf5, *csv; bool quiet; } export_options;

typedef struct export {
  const export_options *o;
  ts_recording_reader *reader;
  export_hdf5 *hdf5;
  ts_output *csv;
  ts_live_frame *waiting;         /* frames whose record did not come yet */
  size_t waiting_n, waiting_room;
  uint64_t rows;
} export;

static const char help[] =
  "Turns a recording of taustream live into HDF5 (--hdf5), with units as attributes, or into CSV (--csv, - is standard output): histograms and "
  "lifetimes as they were told while it was measured. A recording that broke off gives what is sound.\n";

static bool take(void *context, int key, const char *text)
{
  export_options *o = context;
  switch (key) {
    case HDF5: return take_text(&o->hdf5, text);
    case CSV: return take_text(&o->csv, text);
    case 'q': o->quiet = true; return true;
    default: return false;
  }
}

static bool put(export *x, const ts_read_record *r)
{
  if (x->csv) {
    ts_trpl_origin origin = {.source = r->source, .column = "", .device = &r->device, .frame = &r->frame, .framed_by = r->framed_by,
                             .not_fitted = *r->not_fitted ? r->not_fitted : NULL};
    ts_trpl_csv_row(ts_output_stream(x->csv), TS_COMPONENTS_MAX, &origin, &r->result);
  }
  x->rows++;
  memmove(x->waiting, x->waiting + 1, --x->waiting_n * sizeof *x->waiting);
  return !x->hdf5 || export_hdf5_record(x->hdf5, r);
}

/* Frames before this one have no record. */
static bool put_missing(export *x, uint64_t before)
{
  ts_read_record r;
  while (x->waiting_n && x->waiting[0].number < before) {
    ts_trpl_record_missing(&x->waiting[0], &r);
    if (!put(x, &r)) return false;
  }
  return true;
}

static bool take_frame(export *x, const ts_item *item)
{
  if (x->waiting_n == x->waiting_room) {
    size_t room = x->waiting_room ? 2 * x->waiting_room : 64;
    ts_live_frame *more = realloc(x->waiting, room * sizeof *more);
    if (!more) return false;
    x->waiting = more;
    x->waiting_room = room;
  }
  x->waiting[x->waiting_n++] = item->frame;
  return !x->hdf5 || export_hdf5_frame(x->hdf5, item->counts);
}

/* False: why is set, or an output failed (why empty). */
static bool take_item(export *x, const ts_item *item, char *why)
{
  ts_read_record r;
  *why = 0;
  if (item->kind == TS_ITEM_FRAME) return take_frame(x, item);
  if (item->kind != TS_ITEM_JSON) return true;
  if (item->type != TS_MSG_RECORDING_RECORD) return !x->hdf5 || export_hdf5_note(x->hdf5, item->type, item->json);
  if (!ts_trpl_record_read(item->json, &r, why)) return false;
  if (!put_missing(x, r.frame.number)) return false;
  if (x->waiting_n && x->waiting[0].number == r.frame.number) return put(x, &r);
  snprintf(why, TS_MESSAGE_BYTES, "a record of frame %llu, which did not come before it", (unsigned long long)r.frame.number);
  return false;
}

static int run(export *x, const char *path)
{
  char message[TS_MESSAGE_BYTES] = "", why[TS_MESSAGE_BYTES], broken[TS_MESSAGE_BYTES + 300] = "";
  ts_item item;
  bool good = true, cut = false;
  for (ts_item_kind k = TS_ITEM_MESSAGE; good && !broken[0] && k != TS_ITEM_END;) {
    if ((cut = interrupted())) break;
    k = ts_recording_next(x->reader, &item, message);
    if (k == TS_ITEM_BROKEN) {
      snprintf(broken, sizeof broken, "%s", message);
    } else if (!take_item(x, &item, why)) {
      good = *why != 0;
      if (good) snprintf(broken, sizeof broken, "%.200s: at byte %llu: %s", path, (unsigned long long)item.offset, why);
    }
  }
  good = good && !cut && put_missing(x, UINT64_MAX);
  if (x->hdf5 && good) good = export_hdf5_commit(x->hdf5, x->reader, broken[0] ? broken : NULL, message);
  else if (x->hdf5) {
    export_hdf5_tell(x->hdf5, message);
    export_hdf5_abandon(x->hdf5);
  }
  x->hdf5 = NULL;
  if (x->csv && good) good = ts_output_commit(x->csv, message);
  else ts_output_abandon(x->csv);
  x->csv = NULL;
  if (cut) return EXIT_INTERRUPTED;
  if (broken[0]) complain(0, "%s", broken);
  if (!good) complain(0, "%s", message);
  if (good && !x->o->quiet && !(x->o->csv && !strcmp(x->o->csv, "-")))
    printf("%s: %llu frames of %zu bins\n", path, (unsigned long long)x->rows, ts_recording_reader_bins(x->reader));
  return good && !broken[0] ? EXIT_DONE : EXIT_INPUT;
}

static bool open_outputs(export *x, char *message)
{
  const export_options *o = x->o;
  if (o->csv && !(x->csv = ts_output_open(o->csv, message))) return false;
  if (x->csv) ts_trpl_csv_header(ts_output_stream(x->csv), TS_COMPONENTS_MAX, true);
  if (o->hdf5 && !(x->hdf5 = export_hdf5_open(o->hdf5, x->reader, message))) {
    ts_output_abandon(x->csv);
    return false;
  }
  return true;
}

int command_export(int argc, const char **argv)
{
  export_options o = {0};
  const char **rest = NULL;
  char message[TS_MESSAGE_BYTES];
  int code;
  const struct argp_option table[] = {
    {"hdf5", HDF5, "FILE", 0, "histograms, results and facts of every frame", 0},
    {"csv", CSV, "FILE", 0, "results and facts, one row a frame (- is standard output)", 0},
    {"quiet", 'q', NULL, 0, "errors only", 1},
    {0}
  };
  if (parse_options(argc, argv, table, "FILE.tsr", help, take, &o, &rest, &code) == PARSED_GO) {
    export x = {.o = &o};
    code = EXIT_USAGE;
    if (!*rest || rest[1]) complain(0, "one recording is needed: expected a file written by taustream live --record");
    else if (!o.hdf5 && !o.csv) complain(0, "nothing to write: expected --hdf5 FILE, --csv FILE or both");
    else if (o.hdf5 && !strcmp(o.hdf5, "-")) complain(0, "--hdf5: HDF5 cannot be written to a pipe: expected a file");
    else if (files_wrong((named_file[]){{"--hdf5", o.hdf5}, {"--csv", o.csv}}, 2, &(named_inputs){rest, {NULL}}, message)) complain(0, "%s", message);
    else {
      code = EXIT_INPUT;
      interrupt_catch();
      if (ts_recording_open(&x.reader, *rest, message) || !open_outputs(&x, message)) complain(0, "%s", message);
      else code = run(&x, *rest);
      ts_recording_reader_close(x.reader);
      free(x.waiting);
    }
  }
  free(rest);
  free(o.hdf5);
  free(o.csv);
  return code;
}
