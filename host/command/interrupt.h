/* Ctrl-C asks for an orderly end; a second one ends at once. */
#ifndef TAUSTREAM_INTERRUPT_H
#define TAUSTREAM_INTERRUPT_H
#include <stdbool.h>
void interrupt_catch(void);
bool interrupted(void);
#endif
