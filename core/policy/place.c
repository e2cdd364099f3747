/* SPDX-License-Identifier: Apache-2.0 */
/* A refusal that names a key or a setting gets the line where that is written: schema and self tests know no lines. */
#include <stdio.h>
#include <string.h>

#include "policy/lex.h"
#include "policy/origin.h"
#include "policy/set.h"

static const char root[] = "init.lua";

/* Whether a text begins with "name.lua:12:", as what Lua says does. */
static bool has_place(const char *text)
{
    const char *at = strstr(text, ".lua:");
    return at != NULL && at[5] >= '0' && at[5] <= '9' && strcspn(text, " ") > (size_t)(at - text);
}

/* What a message is about: a word in quotes behind "key" or "setting", or what stands before the first colon. Paths as
 * --set writes them. */
static bool subject(const char *text, char *out, size_t size)
{
    const char *quote = strchr(text, '\'');
    const char *begin = text;
    size_t len = strcspn(text, ":");
    if (quote != NULL && (strstr(text, "key '") == quote - 4 || strncmp(text, "setting '", 9) == 0)) {
        begin = quote + 1;
        len = strcspn(begin, "'");
    }
    size_t used = 0;
    for (size_t i = 0; i < len && used + 1 < size; i++) {
        if (begin[i] == ' ') {
            return false;
        }
        if (begin[i] != ']') {
            out[used++] = begin[i] == '[' ? '.' : begin[i];
        }
    }
    out[used] = '\0';
    return used > 0 && begin[len] != '\0';
}

/* The first line of init.lua where a key of that name is given a value; 0 none. */
static int line_of_key(struct eb_policy *p, const char *name)
{
    const struct eb_source *f = eb_sources_find(&p->sources, "init.lua");
    struct eb_lex x;
    if (f == NULL) {
        return 0;
    }
    eb_lex_begin(&x, f->text, f->len);
    for (enum eb_token t = eb_lex_next(&x); t != EB_TOKEN_END;) {
        bool same = t == EB_TOKEN_NAME && eb_lex_is(&x, name);
        int line = x.token_line;
        t = eb_lex_next(&x);
        if (same && t == EB_TOKEN_SIGN && eb_lex_is(&x, "=")) {
            return line;
        }
    }
    return 0;
}

void eb_set_place(struct eb_policy *p, struct eb_err *err)
{
    char path[EB_ORIGIN_PATH_MAX];
    char place[EB_ORIGIN_FILE_MAX + 16] = "";
    const char *text = err->msg;
    size_t named = strlen(root);
    if (has_place(text)) {
        return;
    }
    bool of_root =
        strncmp(text, root, named) == 0 && text[named] == '.'; /* init.lua.migrate: a key of what it returns */
    bool by_root = strncmp(text, root, named) == 0 && text[named] == ':';
    text += of_root ? named + 1 : by_root ? named + 2 : 0;
    struct eb_origins o = {0};
    if (subject(text, path, sizeof(path)) && eb_origins_read(p, &o, NULL) == EB_OK) {
        const struct eb_origin *item = of_root || by_root ? NULL : eb_origins_find(&o, path);
        int line = item != NULL ? item->line : line_of_key(p, path);
        if (line > 0) {
            (void)snprintf(place, sizeof(place), "%s:%d: ", item != NULL ? item->file : root, line);
        }
    }
    eb_origins_free(&o);
    if (place[0] != '\0') {
        struct eb_err said = *err;
        (void)eb_err_set(err, said.code, said.where, "%s%s", place, by_root ? said.msg + named + 2 : said.msg);
    }
}
