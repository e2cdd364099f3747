/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URLs, and names by uv_getaddrinfo: on a thread of libuv's, so that no resolver's patience holds up the loop.
 *
 *     ask --> entry of the host --> uv_getaddrinfo --> all that wait for it          known --> the entry's last answer
 */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/web_inner.h"

#define HOSTS_MAX 32
#define FRESH_NS INT64_C(30000000000)

/* ---- URLs ---- */

static int url_bad(struct eb_err *err, const char *text, const char *why)
{
    char public[256];
    eb_url_public(text, public, sizeof(public));
    return eb_err_set(err, EB_E_INVALID, "web.url", "'%s' is no address: %s", public, why);
}

void eb_url_public(const char *text, char *out, size_t cap)
{
    size_t n = strcspn(text, "?");
    const char *user = memchr(text, '@', n); /* what stands before it may be a password */
    const char *from = user == NULL ? text : user + 1;
    (void)snprintf(out, cap, "%.*s", (int)(n - (size_t)(from - text)), from);
}

static bool port_parse(const char *text, size_t len, uint16_t *out)
{
    unsigned value = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9' || i == 5) {
            return false;
        }
        value = value * 10 + (unsigned)(text[i] - '0');
    }
    *out = (uint16_t)value;
    return len > 0 && value > 0 && value <= UINT16_MAX;
}

static int authority_parse(const char *text, const char *at, size_t len, struct eb_url *out, struct eb_err *err)
{
    size_t host = 0;
    const char *rest = at;
    if (len > 0 && at[0] == '[') {
        const char *end = memchr(at, ']', len);
        if (end == NULL) {
            return url_bad(err, text, "'[' without ']'");
        }
        out->v6 = true;
        at++;
        host = (size_t)(end - at);
        rest = end + 1;
    } else {
        const char *colon = memchr(at, ':', len);
        host = colon == NULL ? len : (size_t)(colon - at);
        rest = at + host;
    }
    size_t left = len - (size_t)(rest - (out->v6 ? at - 1 : at));
    if (host == 0 || host > EB_URL_HOST_MAX) {
        return url_bad(err, text, "the host is empty or too long");
    }
    memcpy(out->host, at, host);
    out->host[host] = '\0';
    struct in6_addr v6;
    if (out->v6 && inet_pton(AF_INET6, out->host, &v6) != 1) {
        return url_bad(err, text, "what stands in brackets is no IPv6 address");
    }
    if (!out->v6 && strspn(out->host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != host) {
        return url_bad(err, text, "the host has a character that no host has");
    }
    if (left > 0 && (rest[0] != ':' || !port_parse(rest + 1, left - 1, &out->port))) {
        return url_bad(err, text, "the port is no number from 1 to 65535");
    }
    return EB_OK;
}

int eb_url_parse(const char *text, const char *scheme, struct eb_url *out, struct eb_err *err)
{
    memset(out, 0, sizeof(*out));
    size_t n = strlen(scheme);
    size_t len = strlen(text);
    if (len >= EB_URL_MAX) {
        return url_bad(err, text, "too long");
    }
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= 0x20 || c >= 0x7f || c == '#' || c == '"' || c == '\\') {
            return url_bad(err, text, "a character that must be encoded");
        }
    }
    const char *at = text + n;
    if (strncmp(text, scheme, n) != 0) {
        return url_bad(err, text, n == 2 ? "it must begin with ws:// or wss://" : "it must begin with http(s)://");
    }
    if (*at == 's') {
        out->tls = true;
        at++;
    }
    if (strncmp(at, "://", 3) != 0) {
        return url_bad(err, text, n == 2 ? "it must begin with ws:// or wss://" : "it must begin with http(s)://");
    }
    at += 3;
    size_t authority = strcspn(at, "/?");
    if (memchr(at, '@', authority) != NULL) {
        return url_bad(err, text, "names and passwords are not taken from addresses");
    }
    out->port = out->tls ? 443 : 80;
    out->target = at + authority;
    return authority_parse(text, at, authority, out, err);
}

/* ---- names ---- */

struct host {
    struct eb_resolver *resolver;
    uv_getaddrinfo_t req;
    bool asking;
    struct eb_link waiting; /* of struct eb_lookup */
    int64_t answered_ns;
    struct eb_addresses known; /* count 0: nothing yet */
    char name[EB_URL_HOST_MAX + 1];
};

struct eb_resolver {
    struct eb_loop *loop;
    unsigned asking; /* requests with libuv */
    bool closed;
    unsigned count;
    struct host *hosts[HOSTS_MAX];
    struct eb_addresses numeric; /* the last numeric one that was asked for */
};

int eb_resolver_create(struct eb_loop *l, struct eb_resolver **out, struct eb_err *err)
{
    struct eb_resolver *r = calloc(1, sizeof(*r));
    if (r == NULL) {
        return eb_err_set(err, EB_E_MEMORY, "web.resolve", "no memory to resolve names");
    }
    r->loop = l;
    *out = r;
    return EB_OK;
}

static void resolver_free(struct eb_resolver *r)
{
    for (unsigned i = 0; i < r->count; i++) {
        free(r->hosts[i]);
    }
    free(r);
}

void eb_resolver_close(struct eb_resolver *r)
{
    if (r == NULL) {
        return;
    }
    r->closed = true;
    for (unsigned i = 0; i < r->count; i++) {
        while (!eb_link_empty(&r->hosts[i]->waiting)) {
            eb_link_remove(r->hosts[i]->waiting.next);
        }
        if (r->hosts[i]->asking) {
            (void)uv_cancel((uv_req_t *)&r->hosts[i]->req); /* one that has begun ends by itself */
        }
    }
    if (r->asking == 0) {
        resolver_free(r);
    }
}

static bool is_loopback(const struct sockaddr_storage *a)
{
    if (a->ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)a;
        return (ntohl(v4->sin_addr.s_addr) >> 24) == 127;
    }
    const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)a;
    return IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr) != 0;
}

static void add_address(struct eb_addresses *to, const struct sockaddr *a)
{
    size_t size = a->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
                  : a->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                             : 0;
    if (size == 0 || to->count == EB_ADDRESSES_MAX) {
        return;
    }
    struct sockaddr_storage *at = &to->at[to->count++];
    memset(at, 0, sizeof(*at));
    memcpy(at, a, size);
    to->loopback = (to->count == 1 || to->loopback) && is_loopback(at);
}

static void tell_waiting(struct host *h, const struct eb_err *err)
{
    struct eb_resolver *r = h->resolver;
    while (!r->closed && !eb_link_empty(&h->waiting)) {
        struct eb_lookup *one = (struct eb_lookup *)h->waiting.next;
        eb_link_remove(&one->link);
        one->found(one->user, err == NULL ? &h->known : NULL, err); /* may close the resolver */
    }
}

static void found_cb(uv_getaddrinfo_t *req, int status, struct addrinfo *list)
{
    struct host *h = req->data;
    struct eb_resolver *r = h->resolver;
    struct eb_addresses found = {0};
    for (const struct addrinfo *a = list; status == 0 && a != NULL; a = a->ai_next) {
        add_address(&found, a->ai_addr);
    }
    uv_freeaddrinfo(list);
    h->asking = false;
    r->asking--;
    if (r->closed) {
        if (r->asking == 0) {
            resolver_free(r);
        }
        return;
    }
    h->answered_ns = eb_monotonic_ns();
    struct eb_err err = {0};
    if (found.count > 0) {
        h->known = found;
    } else if (h->known.count == 0 && status == 0) {
        (void)eb_err_set(&err, EB_E_NOT_FOUND, "web.resolve", "'%s' has no address", h->name);
    } else if (h->known.count == 0) {
        (void)eb_uv_err(&err, status, "web.resolve", "the name '%s' could not be resolved", h->name);
    }
    r->asking++; /* keeps the resolver while users are told */
    tell_waiting(h, h->known.count == 0 ? &err : NULL);
    if (--r->asking == 0 && r->closed) {
        resolver_free(r);
    }
}

static int ask(struct host *h)
{
    if (h->asking) {
        return 0;
    }
    struct addrinfo hints;
    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    h->req.data = h;
    int code = uv_getaddrinfo(&h->resolver->loop->uv, &h->req, found_cb, h->name, NULL, &hints);
    if (code == 0) {
        h->asking = true;
        h->resolver->asking++;
    }
    return code;
}

static struct host *host_find(struct eb_resolver *r, const char *name)
{
    for (unsigned i = 0; i < r->count; i++) {
        if (strcmp(r->hosts[i]->name, name) == 0) {
            return r->hosts[i];
        }
    }
    return NULL;
}

static bool numeric(struct eb_resolver *r, const char *host)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
    struct eb_addresses a = {0};
    if (inet_pton(AF_INET, host, &v4.sin_addr) == 1) {
        add_address(&a, (const struct sockaddr *)&v4);
    } else if (inet_pton(AF_INET6, host, &v6.sin6_addr) == 1) {
        add_address(&a, (const struct sockaddr *)&v6);
    } else {
        return false;
    }
    a.numeric = true;
    r->numeric = a;
    return true;
}

const struct eb_addresses *eb_resolver_known(struct eb_resolver *r, const char *host)
{
    if (numeric(r, host)) {
        return &r->numeric;
    }
    struct host *h = host_find(r, host);
    if (h == NULL || h->known.count == 0) {
        return NULL;
    }
    if (eb_monotonic_ns() - h->answered_ns > FRESH_NS) {
        (void)ask(h); /* when it cannot be asked, the old answer is all there is */
    }
    return &h->known;
}

int eb_resolver_ask(struct eb_resolver *r, const char *host, struct eb_lookup *lookup, struct eb_err *err)
{
    struct host *h = host_find(r, host);
    if (h == NULL) {
        if (r->count == HOSTS_MAX) {
            return eb_err_set(err, EB_E_FULL, "web.resolve", "more than %d different hosts", HOSTS_MAX);
        }
        h = calloc(1, sizeof(*h));
        if (h == NULL) {
            return eb_err_set(err, EB_E_MEMORY, "web.resolve", "no memory to resolve '%s'", host);
        }
        h->resolver = r;
        eb_link_init(&h->waiting);
        (void)snprintf(h->name, sizeof(h->name), "%s", host);
        r->hosts[r->count++] = h;
    }
    int code = ask(h);
    if (code != 0) {
        return eb_uv_err(err, code, "web.resolve", "the name '%s' cannot be asked for", host);
    }
    eb_link_append(&h->waiting, &lookup->link);
    return EB_OK;
}

void eb_lookup_forget(struct eb_lookup *lookup)
{
    eb_link_remove(&lookup->link);
}

void eb_address_text(const struct sockaddr_storage *a, char *out, size_t cap)
{
    out[0] = '\0';
    if (a->ss_family == AF_INET6) {
        (void)uv_ip6_name((const struct sockaddr_in6 *)a, out, cap);
    } else {
        (void)uv_ip4_name((const struct sockaddr_in *)a, out, cap);
    }
}

void eb_address_port(const struct sockaddr_storage *a, uint16_t port, struct sockaddr_storage *out)
{
    *out = *a;
    if (a->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)out)->sin6_port = htons(port);
    } else {
        ((struct sockaddr_in *)out)->sin_port = htons(port);
    }
}
