/* A file or standard input (`-`) as a buffered byte stream that can be looked into before it is read. */
#ifndef TAUSTREAM_IO_SOURCE_H
#define TAUSTREAM_IO_SOURCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TS_LINE_BYTES_MAX (1u << 20)

typedef struct ts_source ts_source;
typedef enum ts_line { TS_LINE_OK, TS_LINE_END, TS_LINE_LONG, TS_LINE_BINARY, TS_LINE_FAILED } ts_line;

/* NULL on failure; message (TS_MESSAGE_BYTES) then holds `FILE: reason`. */
ts_source *ts_source_open(const char *path, char *message);
void ts_source_close(ts_source *s);

/* Bytes that will come next, at most n, without taking them. */
size_t ts_source_peek(ts_source *s, uint8_t *bytes, size_t n);
/* Takes n bytes; less at the end or on failure. */
size_t ts_source_read(ts_source *s, void *bytes, size_t n);
/* errno of a failed read, 0 when there was none. */
int ts_source_errno(const ts_source *s);

/* The next line without its end (LF, CRLF or CR before LF); it may be changed in place and stays valid until the next call.
 * A byte-order mark at the start is left out. */
ts_line ts_source_line(ts_source *s, char **line);
/* Is there a whole one already that is neither empty nor a comment (#)? Waits for nothing; one longer than 64 KiB is not seen before it is read. */
bool ts_source_line_waits(ts_source *s);
#endif
