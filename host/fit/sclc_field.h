/* Filled traps and a mobility mu = mu_0 exp(gamma sqrt E) (Poole and Frenkel), without diffusion. In units of the template (sclc_template.h), e = E L / (2 V_t) and
 * p = gamma sqrt(V_t / L):   1 = int_0^e_L de / (1 + j / (e m)),   V / V_t = 2 int_0^e_L e de / (1 + j / (e m)),   m = exp(p sqrt(2 e)),   j = J / J_0.
 * p = 0 is the template. */
#ifndef TAUSTREAM_FIT_SCLC_FIELD_H
#define TAUSTREAM_FIT_SCLC_FIELD_H
#define TS_SCLC_FIELD_NODES 72
typedef struct ts_sclc_field { double ln_v[TS_SCLC_FIELD_NODES]; } ts_sclc_field;   /* ln V/V_t over equal steps of ln j */
void ts_sclc_field_make(ts_sclc_field *f, double p);
/* ln (J/J_0) at ln (V/V_t), and its slope. Beyond the table's ends: straight on. */
double ts_sclc_field_at(const ts_sclc_field *f, double ln_v, double *slope);
#endif
