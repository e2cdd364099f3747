/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 and CRC-32C against published vectors; the 64-bit hash against its own definition, computed elsewhere. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void sha256_text(const void *data, size_t len, size_t chunk, char out[2 * EB_HASH_SIZE + 1])
{
    struct eb_sha256 s;
    uint8_t digest[EB_HASH_SIZE];
    eb_sha256_init(&s);
    for (size_t at = 0; at < len; at += chunk) {
        eb_sha256_add(&s, (const uint8_t *)data + at, len - at < chunk ? len - at : chunk);
    }
    eb_sha256_final(&s, digest);
    eb_hex(digest, sizeof(digest), out);
}

/* FIPS 180-4 examples and the messages of its test suite that sit around the padding's edges. */
static void sha256_matches_published_vectors(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *want;
    } cases[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
         "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
        {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrst"
         "nopqrstu",
         "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        for (size_t chunk = 1; chunk <= 130; chunk += 43) {
            char got[2 * EB_HASH_SIZE + 1];
            sha256_text(cases[i].text, strlen(cases[i].text), chunk, got);
            assert_string_equal(got, cases[i].want);
        }
    }
}

static void sha256_pads_at_every_edge(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *want;
    } cases[] = {
        {55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318"},
        {56, "b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a"},
        {57, "f13b2d724659eb3bf47f2dd6af1accc87b81f09f59f2b75e5c0bed6589dfe8c6"},
        {63, "7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34"},
        {64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb"},
        {65, "635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0"},
        {119, "31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb"},
        {120, "2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c"},
        {128, "6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e"},
    };
    char text[128];
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        char got[2 * EB_HASH_SIZE + 1];
        sha256_text(text, cases[i].len, 50, got);
        assert_string_equal(got, cases[i].want);
    }
}

static void sha256_of_a_million_letters(void **state)
{
    (void)state;
    static char text[1000000];
    memset(text, 'a', sizeof(text));
    char got[2 * EB_HASH_SIZE + 1];
    sha256_text(text, sizeof(text), 4097, got);
    assert_string_equal(got, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* The check value of the CRC catalogues, and the iSCSI examples of RFC 3720, appendix B.4. */
static void crc32c_matches_published_vectors(void **state)
{
    (void)state;
    uint8_t bytes[32];
    assert_int_equal(eb_crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(eb_crc32c(0, "", 0), 0);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(eb_crc32c(0, bytes, sizeof(bytes)), 0x8a9136aa);
    memset(bytes, 0xff, sizeof(bytes));
    assert_int_equal(eb_crc32c(0, bytes, sizeof(bytes)), 0x62a8ab43);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    assert_int_equal(eb_crc32c(0, bytes, sizeof(bytes)), 0x46dd794e);
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(31 - i);
    }
    assert_int_equal(eb_crc32c(0, bytes, sizeof(bytes)), 0x113fdb5c);
}

/* All 256 entries of the table against the polynomial, bit by bit, and continuation at every place. */
static void crc32c_agrees_with_its_polynomial(void **state)
{
    (void)state;
    uint8_t bytes[256];
    uint32_t bitwise = 0xffffffff;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(255 - i);
        bitwise ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            bitwise = (bitwise >> 1) ^ ((bitwise & 1) != 0 ? 0x82f63b78U : 0);
        }
        uint8_t one = (uint8_t)i;
        uint32_t c = ~(uint32_t)0 ^ one;
        for (int bit = 0; bit < 8; bit++) {
            c = (c >> 1) ^ ((c & 1) != 0 ? 0x82f63b78U : 0);
        }
        assert_int_equal(eb_crc32c(0, &one, 1), ~c);
    }
    uint32_t whole = ~bitwise;
    for (size_t cut = 0; cut <= sizeof(bytes); cut++) {
        uint32_t first = eb_crc32c(0, bytes, cut);
        assert_int_equal(eb_crc32c(first, bytes + cut, sizeof(bytes) - cut), whole);
    }
}

static void hash64_keeps_its_values(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t want;
    } cases[] = {
        {"", UINT64_C(0x1f655b3dae5f66c9)},          {"a", UINT64_C(0x99fd59a05e54914b)},
        {"exitbrain", UINT64_C(0x79751ea9af61322a)}, {"0123456789abcdef", UINT64_C(0x1d575606918f62c9)},
        {"12345678", UINT64_C(0xa3ad15b4987dc564)},
    };
    for (size_t i = 0; i < EB_COUNT(cases); i++) {
        assert_true(eb_hash64(EB_HASH64_SEED, cases[i].text, strlen(cases[i].text)) == cases[i].want);
    }
    /* The short form is the long one over the value's little-endian bytes. */
    assert_true(eb_hash64_u64(EB_HASH64_SEED, UINT64_C(0x3837363534333231)) == cases[4].want);
}

static void hash64_tells_inputs_apart(void **state)
{
    (void)state;
    static const uint8_t zeros[16];
    uint64_t seen[17];
    for (size_t len = 0; len <= sizeof(zeros); len++) { /* only the length differs */
        seen[len] = eb_hash64(EB_HASH64_SEED, zeros, len);
        for (size_t j = 0; j < len; j++) {
            assert_true(seen[len] != seen[j]);
        }
    }
    uint64_t ab = eb_hash64(eb_hash64(EB_HASH64_SEED, "a", 1), "b", 1);
    assert_true(ab != eb_hash64(eb_hash64(EB_HASH64_SEED, "b", 1), "a", 1));
    assert_true(ab != eb_hash64(EB_HASH64_SEED, "ab", 2));
    assert_true(eb_hash64(1, "a", 1) != eb_hash64(2, "a", 1));
}

/* Flipping any one bit of the input flips about half of the 64 bits of the hash. */
static void hash64_spreads_every_bit(void **state)
{
    (void)state;
    int total = 0;
    for (int bit = 0; bit < 64; bit++) {
        uint64_t base = UINT64_C(0x0123456789abcdef);
        uint64_t difference = eb_hash64_u64(0, base) ^ eb_hash64_u64(0, base ^ (UINT64_C(1) << bit));
        int flipped = __builtin_popcountll(difference);
        assert_in_range(flipped, 14, 50);
        total += flipped;
    }
    assert_in_range(total / 64, 30, 34);
}

static void hex_is_lower_case(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {0x00, 0x0f, 0xf0, 0xab, 0xff};
    char text[2 * sizeof(bytes) + 1];
    eb_hex(bytes, sizeof(bytes), text);
    assert_string_equal(text, "000ff0abff");
    eb_hex(bytes, 0, text);
    assert_string_equal(text, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sha256_matches_published_vectors),
        cmocka_unit_test(sha256_pads_at_every_edge),
        cmocka_unit_test(sha256_of_a_million_letters),
        cmocka_unit_test(crc32c_matches_published_vectors),
        cmocka_unit_test(crc32c_agrees_with_its_polynomial),
        cmocka_unit_test(hash64_keeps_its_values),
        cmocka_unit_test(hash64_tells_inputs_apart),
        cmocka_unit_test(hash64_spreads_every_bit),
        cmocka_unit_test(hex_is_lower_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
