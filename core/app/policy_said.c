/* SPDX-License-Identifier: Apache-2.0 */
/* Most lines are of other events: a glance says so, only those of policies are parsed. */
#include "app/policy_said.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "base/cut.h"
#include "base/log.h"

bool eb_policy_said(const char *log_line, char *out, size_t cap)
{
    if (strstr(log_line, "\"event\":\"policy.log\"") == NULL) {
        return false;
    }
    cJSON *line = cJSON_Parse(log_line);
    const char *event = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "event"));
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "text"));
    const char *symbol = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(line, "symbol"));
    bool said = event != NULL && text != NULL && strcmp(event, "policy.log") == 0;
    if (said) {
        char whole[EB_LOG_LINE_MAX + 32];
        (void)snprintf(whole, sizeof(whole), "%s%spolicy says: %s", symbol != NULL ? symbol : "",
                       symbol != NULL ? " " : "", text);
        eb_text_cut(out, cap, whole);
        for (char *c = out; *c != '\0'; c++) {
            *c = (unsigned char)*c < 0x20 || *c == 0x7f ? ' ' : *c; /* a terminal obeys these */
        }
    }
    cJSON_Delete(line);
    return said;
}
