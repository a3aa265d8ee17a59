/* Files that a command writes: none may take the place of another, or of one that is read. */
#ifndef TAUSTREAM_COMMAND_OUTPUTS_H
#define TAUSTREAM_COMMAND_OUTPUTS_H
#include <stddef.h>

typedef struct named_file { const char *option, *path; } named_file;   /* path NULL: none; "-": standard output */

/* What is read: the files named (ended by NULL; may be NULL), and those of options (NULL: none). */
#define INPUTS_OF_OPTIONS 4u
typedef struct named_inputs { const char *const *files, *of_options[INPUTS_OF_OPTIONS]; } named_inputs;

/* Why they do not go together (message, TS_MESSAGE_BYTES); NULL: they do. */
const char *files_wrong(const named_file *output, size_t outputs, const named_inputs *inputs, char *message);
#endif
