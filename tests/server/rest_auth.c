/* rest_auth.c: Basic and Taosd authorization (protocol.md 1.3). */
#include "rest_auth.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { USER_BYTES = 24, TOKEN_BYTES = 160 };

static bool fail(struct tl_error *err, int code, const char *msg)
{
    err->code = code;
    snprintf(err->msg, sizeof err->msg, "%s", msg);
    return false;
}

/* DES-ECB with the protocol's fixed key. OpenSSL 3 keeps single DES in its legacy provider; triple
   DES with the same key three times is the same cipher. n is a multiple of 8. */
static bool des(const uint8_t *in, size_t n, uint8_t *out, bool encrypt)
{
    static const uint8_t one[8] = {0x40, 0xB6, 0x7A, 0x30, 0x56, 0x73, 0xFD, 0x44};
    uint8_t key[24];
    int len = 0, tail = 0;
    for (size_t i = 0; i < sizeof key; i++)
        key[i] = one[i % 8];
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    const bool ok = ctx &&
                    EVP_CipherInit_ex(ctx, EVP_des_ede3_ecb(), NULL, key, NULL, encrypt) == 1 &&
                    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
                    EVP_CipherUpdate(ctx, out, &len, in, (int)n) == 1 &&
                    EVP_CipherFinal_ex(ctx, out + len, &tail) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return ok && (size_t)(len + tail) == n;
}

/* Decodes base64; returns the number of bytes, 0 when the text is not base64 or does not fit. */
static size_t unbase64(const char *text, uint8_t *out, size_t cap)
{
    const size_t n = strlen(text);
    if (n == 0 || n % 4 != 0 || n / 4 * 3 > cap) return 0;
    const int got = EVP_DecodeBlock(out, (const uint8_t *)text, (int)n);
    if (got <= 0) return 0;
    return (size_t)got - (text[n - 1] == '=') - (text[n - 2] == '=');
}

static bool parse_basic(const char *text, struct tl_login *out, struct tl_error *err)
{
    uint8_t raw[256];
    const size_t n = unbase64(text, raw, sizeof raw - 1);
    raw[n] = 0;
    char *colon = strchr((char *)raw, ':');
    if (!colon || colon == (char *)raw || colon[1] == 0 || strlen((char *)raw) != n)
        return fail(err, 0x1124, "invalid basic auth");
    *colon = 0;
    if (strlen((char *)raw) >= sizeof out->user || strlen(colon + 1) >= sizeof out->password)
        return fail(err, 0x1124, "invalid basic auth");
    memcpy(out->user, raw, strlen((char *)raw) + 1);
    memcpy(out->password, colon + 1, strlen(colon + 1) + 1);
    return true;
}

static bool parse_taosd(const char *text, struct tl_login *out, struct tl_error *err)
{
    uint8_t raw[TOKEN_BYTES], plain[TOKEN_BYTES + 1];
    const size_t n = unbase64(text, raw, sizeof raw);
    if (n < 2 * USER_BYTES || n % 8 != 0 || !des(raw, n, plain, false))
        return fail(err, 0x1125, "invalid taosd auth");
    plain[n] = 0;
    snprintf(out->user, sizeof out->user, "%.*s", USER_BYTES, (char *)plain);
    snprintf(out->password, sizeof out->password, "%.127s", (char *)plain + USER_BYTES);
    return true;
}

bool tl_auth_parse(const char *header, struct tl_login *out, struct tl_error *err)
{
    *out = (struct tl_login){0};
    if (!header || !*header) return fail(err, 0x1105, "no auth info input");
    if (strncmp(header, "Basic ", 6) == 0) return parse_basic(header + 6, out, err);
    if (strncmp(header, "Taosd ", 6) == 0) return parse_taosd(header + 6, out, err);
    return fail(err, 0x1122, "invalid type of Authorization");
}

bool tl_auth_token(const char *user, const char *password, char *out, size_t cap)
{
    uint8_t plain[TOKEN_BYTES] = {0}, raw[TOKEN_BYTES];
    const size_t nuser = strlen(user), npass = strlen(password);
    const size_t room = npass <= USER_BYTES ? USER_BYTES : (npass + 7) / 8 * 8;
    const size_t n = USER_BYTES + room;
    if (nuser > USER_BYTES || n > sizeof plain || (n + 2) / 3 * 4 + 1 > cap) return false;
    memcpy(plain, user, nuser);
    memcpy(plain + USER_BYTES, password, npass);
    if (!des(plain, n, raw, true)) return false;
    EVP_EncodeBlock((uint8_t *)out, raw, (int)n);
    return true;
}
