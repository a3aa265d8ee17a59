#include "source.h"

void live_source_close(live_source *s)
{
  if (s) s->close(s);
}
