/* Lengths, areas, voltages, currents and so on as people write them: option values (`500nm`, `0.09 cm2`, `25mV`; a bare number is SI) and units
 * named in column headers (`V_V`, `J (mA/cm2)`, `Current [A]`, `J_A_m2`). */
#ifndef TAUSTREAM_IO_QUANTITY_H
#define TAUSTREAM_IO_QUANTITY_H
#include <stdbool.h>
#include <stddef.h>

typedef enum ts_quantity { TS_LENGTH, TS_AREA, TS_VOLTAGE, TS_CURRENT, TS_CURRENT_DENSITY, TS_DENSITY, TS_MOBILITY, TS_ENERGY, TS_RESISTANCE_AREA } ts_quantity;

const char *ts_quantity_name(ts_quantity kind);    /* `length` */
const char *ts_quantity_units(ts_quantity kind);   /* for messages: `nm, um, mm, cm or m` */

/* Scale to SI of a unit (`cm2` -> 1e-4; `cm^2`, `cm²`, `A m-2`, `A_m2` are understood); false when it is none of this kind. */
bool ts_quantity_unit(ts_quantity kind, const char *name, double *scale);

/* A number with an optional unit. On failure why says what is wrong with the value and what was expected. */
bool ts_parse_quantity(ts_quantity kind, const char *text, double *value, char *why, size_t why_bytes);

/* A temperature: `295`, `295K`, `22C`; kelvin. */
bool ts_parse_temperature(const char *text, double *kelvin, char *why, size_t why_bytes);

/* Unit in a column's name; false when it names none of this kind. */
bool ts_header_quantity(ts_quantity kind, const char *column_name, double *scale);
#endif
