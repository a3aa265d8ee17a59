/* The smallest test harness: every check is counted, the last line says how many held. */
#ifndef TS_TEST_CHECK_H
#define TS_TEST_CHECK_H
#include <math.h>
#include <stdio.h>
#include <string.h>

static int checks_passed, checks_failed;

#define CHECK(condition) check_that((condition) ? 1 : 0, __FILE__, __LINE__, #condition)
#define CHECK_NEAR(value, expected, tolerance) check_near((double)(value), (double)(expected), (double)(tolerance), __FILE__, __LINE__, #value)

static inline void check_that(int holds, const char *file, int line, const char *text) {
  if (holds) {
    checks_passed++;
  } else {
    checks_failed++;
    printf("%s:%d: failed: %s\n", file, line, text);
  }
}

static inline void check_near(double value, double expected, double tolerance, const char *file, int line, const char *text) {
  if (fabs(value - expected) <= tolerance) {
    checks_passed++;
  } else {
    checks_failed++;
    printf("%s:%d: failed: %s is %.12g, expected %.12g +- %.3g\n", file, line, text, value, expected, tolerance);
  }
}

static inline int check_end(void) {
  printf("%d passed, %d failed\n", checks_passed, checks_failed);
  return checks_failed ? 1 : 0;
}
#endif
