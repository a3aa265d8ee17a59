/* `--resume FILE.jsonl`: which histograms or traces have their record in a former output already. */
#ifndef TAUSTREAM_RESUME_H
#define TAUSTREAM_RESUME_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../io/made_from.h"

typedef struct resume resume;

/* The records must be of this schema (`taustream.trpl/1`), come from this engine (NULL: any), have that many components (0: any), and be made with these options, else the parts would
 * not belong together. NULL after a complaint that names the line. */
resume *resume_read(const char *path, const char *schema, const char *engine, unsigned components, uint32_t options_crc32);
void resume_free(resume *r);
/* r may be NULL: nothing is done. RESUME_OTHER: the record is of other data or another bin width; why (TS_MESSAGE_BYTES) tells. */
typedef enum resume_state { RESUME_TO_DO, RESUME_DONE, RESUME_OTHER } resume_state;
resume_state resume_look(const resume *r, const char *source, uint64_t index, const ts_made_from *now, char *why);
uint64_t resume_count(const resume *r, const char *source);
uint64_t resume_total(const resume *r);
uint64_t resume_untold(const resume *r);   /* records of an earlier version, which do not tell what they were made from */
#endif
