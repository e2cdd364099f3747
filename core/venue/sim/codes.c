/* SPDX-License-Identifier: Apache-2.0 */
/* Refusals of the simulated exchange are those of the real one: the table is venue/codes.c. */
#include "venue/codes.h"
#include "venue/sim/sim.h"

enum eb_reject_class eb_sim_code_class(int32_t code)
{
    return eb_code_class(code);
}

const char *eb_sim_code_text(int32_t code)
{
    return eb_code_text(code);
}
