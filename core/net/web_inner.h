/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the web client share: addresses, names, who is under way. */
#pragma once

#include "net/inner.h" /* first: it says what system headers show */

#include <curl/curl.h>
#include <netinet/in.h>

#include "net/web.h"

struct ssl_ctx_st;
struct x509_store_st;

/* ---- addresses of the web ---- */
#define EB_URL_HOST_MAX 255
#define EB_URL_MAX 16384
struct eb_url {
    bool tls;
    uint16_t port;
    char host[EB_URL_HOST_MAX + 1]; /* a name or a numeric address, without brackets */
    bool v6;                        /* an address that needs brackets */
    const char *target;             /* "/path?query" within the text, or "" */
};
/* Takes apart "http(s)://..." (schemes "http", "https") or "ws(s)://...". EB_E_INVALID says what is wrong. */
EB_NODISCARD int eb_url_parse(const char *text, const char *scheme, struct eb_url *out, struct eb_err *err);
/* The text without its query, which may hold a signature: for messages. */
void eb_url_public(const char *text, char *out, size_t cap);

/* ---- names ---- */
#define EB_ADDRESSES_MAX 8
struct eb_addresses {
    unsigned count;
    struct sockaddr_storage at[EB_ADDRESSES_MAX]; /* without a port */
    bool loopback;                                /* all of them are */
    bool numeric;                                 /* the host was an address itself */
};
struct eb_lookup {
    struct eb_link link;
    void (*found)(void *user, const struct eb_addresses *a, const struct eb_err *err); /* a: NULL when err */
    void *user;
};
struct eb_resolver;
EB_NODISCARD int eb_resolver_create(struct eb_loop *l, struct eb_resolver **out, struct eb_err *err);
void eb_resolver_close(struct eb_resolver *r); /* nobody is answered any more */
/* What is known of a name: a numeric address always is. An answer that is old is still given, and asked for anew
 * meanwhile, so that a name that was found once delays nobody. NULL: ask. */
const struct eb_addresses *eb_resolver_known(struct eb_resolver *r, const char *host);
/* found follows, unless forgotten before. EB_E_FULL, EB_E_MEMORY, EB_E_IO. */
EB_NODISCARD int eb_resolver_ask(struct eb_resolver *r, const char *host, struct eb_lookup *lookup, struct eb_err *err);
void eb_lookup_forget(struct eb_lookup *lookup);
/* "1.2.3.4" or "::1" of an address. */
void eb_address_text(const struct sockaddr_storage *a, char *out, size_t cap);
/* a with a port. */
void eb_address_port(const struct sockaddr_storage *a, uint16_t port, struct sockaddr_storage *out);

/* ---- the client ---- */
struct eb_web_real {
    struct eb_loop *loop;
    struct eb_resolver *resolver;
    struct x509_store_st *roots;
    struct ssl_ctx_st *tls;
    bool loopback_unsafe;
    char user_agent[128];
    CURLM *multi;
    uv_timer_t curl_timer;
    uv_check_t check; /* runs after each pass's reading */
    bool texted;      /* a text came in this pass */
    void (*after)(void *user);
    void *after_user;
    struct eb_link calls, sockets, timers, conns;
    struct eb_link idle; /* requests' handles that wait to be used again */
    unsigned idle_count;
    struct eb_timer *drain; /* answers that curl had at once are told in the next pass */
    unsigned closing;       /* handles still to be given back by libuv */
    bool closed;
};

int eb_web_http_open(struct eb_web_real *w, struct eb_err *err);
void eb_web_http_close(struct eb_web_real *w);
int eb_web_http_request(void *web, const struct eb_web_request *r, eb_web_done done, void *user,
                        struct eb_web_call **out, struct eb_err *err);
void eb_web_http_cancel(struct eb_web_call *call);

int eb_web_socket_open(void *web, const char *url, size_t message_max, int64_t deadline_ns,
                       const struct eb_web_socket_handlers *h, void *user, struct eb_web_socket **out,
                       struct eb_err *err);
int eb_web_socket_send(struct eb_web_socket *s, const char *text, size_t len);
void eb_web_socket_close(struct eb_web_socket *s);
/* All that are left, without a word. */
void eb_web_sockets_close(struct eb_web_real *w);
