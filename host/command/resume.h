/* `--resume FILE.jsonl`: which histograms or traces have their record in a former output already. */
#ifndef TAUSTREAM_RESUME_H
#define TAUSTREAM_RESUME_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct resume resume;

/* The records must be of this schema (`taustream.trpl/1`), come from this engine, and have that many components (0: any), else the parts would not belong together. NULL after a
 * complaint that names the line. */
resume *resume_read(const char *path, const char *schema, const char *engine, unsigned components);
void resume_free(resume *r);
/* r may be NULL: nothing is done. */
bool resume_has(const resume *r, const char *source, uint64_t index);
uint64_t resume_count(const resume *r, const char *source);
uint64_t resume_total(const resume *r);
#endif
