// Runs the cases of the files that it is given against the Synod behind NATS_URL, with libnats; JSON by Jansson.
#include <jansson.h>
#include <nats/nats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char *text(json_t *object, const char *field) {
  const char *value = json_string_value(json_object_get(object, field));
  return value == NULL ? "" : value;
}

static const char *header(natsMsg *message, const char *name) {
  const char *value = "";
  return natsMsgHeader_Get(message, name, &value) == NATS_OK ? value : "";
}

// Writes once. NATS_OK: see *number, which is "" when it was written and "409" when it was written before.
static natsStatus writeOnce(natsConnection *nc, const char *subject, const char *body, char number[4]) {
  natsMsg *reply = NULL;
  natsStatus status = natsConnection_RequestString(&reply, nc, subject, body, 3000);
  if (status != NATS_OK) return status; // NATS_NO_RESPONDERS: no proposer; NATS_TIMEOUT: it may be written
  snprintf(number, 4, "%s", header(reply, "Nats-Service-Error-Code"));
  natsMsg_Destroy(reply);
  return NATS_OK;
}

static char *decodeBase64(const char *encoded, int *length) {
  static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  char *bytes = malloc(strlen(encoded) + 1);
  unsigned bits = 0;
  int count = 0;
  *length = 0;
  for (; *encoded != '\0' && *encoded != '='; encoded++) {
    bits = bits << 6 | (unsigned)(strchr(letters, *encoded) - letters);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes[(*length)++] = (char)(bits >> count);
  }
  return bytes;
}

// The text with the name of this run for each RUN.
static char *withRun(const char *pattern, const char *run) {
  size_t count = 0;
  for (const char *at = pattern; (at = strstr(at, "RUN")) != NULL; at += 3) count++;
  char *filled = malloc(strlen(pattern) + count * strlen(run) + 1), *end = filled;
  for (const char *at; (at = strstr(pattern, "RUN")) != NULL; pattern = at + 3)
    end += sprintf(end, "%.*s%s", (int)(at - pattern), pattern, run);
  strcpy(end, pattern);
  return filled;
}

static char *bodyOf(json_t *test, const char *run, int *length) {
  json_t *body = json_object_get(test, "body");
  json_int_t letters = json_integer_value(json_object_get(test, "valueLetters"));
  if (json_object_get(test, "bodyBase64") != NULL) return decodeBase64(text(test, "bodyBase64"), length);
  char *bytes;
  if (letters > 0) {
    bytes = malloc(letters + 13);
    strcpy(bytes, "{\"value\":\"");
    memset(bytes + 10, 'x', letters);
    strcpy(bytes + 10 + letters, "\"}");
  } else {
    char *pattern = json_is_object(body) ? json_dumps(body, JSON_COMPACT) : strdup(text(test, "body"));
    bytes = withRun(pattern, run);
    free(pattern);
  }
  *length = (int)strlen(bytes);
  return bytes;
}

// What is not as the case expects; NULL when all is.
static const char *difference(json_t *test, natsStatus status, natsMsg *reply) {
  if (json_is_true(json_object_get(test, "noResponders")))
    return status == NATS_NO_RESPONDERS ? NULL : "somebody listens";
  if (status != NATS_OK) return natsStatus_GetText(status);
  if (strcmp(header(reply, "Nats-Service-Error-Code"), text(test, "number")) != 0)
    return "Nats-Service-Error-Code differs";
  if (json_object_get(test, "replyBase64") != NULL) {
    int length;
    char *bytes = decodeBase64(text(test, "replyBase64"), &length);
    int isSame = length == natsMsg_GetDataLength(reply) && memcmp(bytes, natsMsg_GetData(reply), length) == 0;
    free(bytes);
    return isSame ? NULL : "the bytes differ";
  }
  json_t *body = json_loadb(natsMsg_GetData(reply), natsMsg_GetDataLength(reply), 0, NULL);
  json_t *error = json_object_get(body, "error");
  int isHeaderSame = strcmp(text(error, "message"), header(reply, "Nats-Service-Error")) == 0;
  json_object_del(error, "message");
  size_t index;
  json_t *each;
  json_array_foreach(json_object_get(body, "replies"), index, each)
    json_object_del(json_object_get(each, "error"), "message");
  int isBodySame = json_equal(body, json_object_get(test, "reply"));
  json_decref(body);
  if (!isHeaderSame) return "Nats-Service-Error differs";
  return isBodySame ? NULL : "the reply differs";
}

static int passes(natsConnection *nc, json_t *test, const char *place, size_t index, const char *run) {
  char *subject = withRun(text(test, "subject"), run);
  int length;
  char *body = bodyOf(test, run, &length);
  natsMsg *request = NULL, *reply = NULL;
  natsStatus status = natsMsg_Create(&request, subject, NULL, body, length);
  const char *name;
  json_t *value;
  json_object_foreach(json_object_get(test, "headers"), name, value)
    natsMsgHeader_Set(request, name, json_string_value(value));
  if (status == NATS_OK) status = natsConnection_RequestMsg(&reply, nc, request, 10000);
  const char *what = difference(test, status, reply);
  if (what != NULL) {
    printf("%s, case %zu, %s: %s", place, index + 1, subject, what);
    if (reply != NULL) printf(": %.*s", natsMsg_GetDataLength(reply), natsMsg_GetData(reply));
    printf("\n");
  }
  natsMsg_Destroy(request);
  natsMsg_Destroy(reply);
  free(body);
  free(subject);
  return what == NULL;
}

int main(int count, char **files) {
  const char *url = getenv("NATS_URL");
  natsConnection *nc = NULL;
  natsStatus status = natsConnection_ConnectTo(&nc, url == NULL ? NATS_DEFAULT_URL : url);
  if (status != NATS_OK) {
    printf("Cannot connect: %s\n", natsStatus_GetText(status));
    return 1;
  }
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  char run[64], first[4], second[4];
  snprintf(run, sizeof run, "c-%ld-%ld", (long)now.tv_sec, now.tv_nsec);
  char *subject = withRun("synod.register.write.conformance.RUN.once", run);
  int failed = writeOnce(nc, subject, "{\"value\":\"me\"}", first) != NATS_OK ||
               writeOnce(nc, subject, "{\"value\":\"you\"}", second) != NATS_OK || strcmp(first, "") != 0 ||
               strcmp(second, "409") != 0;
  free(subject);
  if (failed) printf("writing once is wrong\n");
  for (int i = 1; i < count; i++) {
    json_error_t error;
    json_t *cases = json_load_file(files[i], 0, &error), *test;
    if (cases == NULL) {
      printf("%s: %s\n", files[i], error.text);
      return 1;
    }
    size_t index;
    json_array_foreach(cases, index, test) failed |= !passes(nc, test, files[i], index, run);
    json_decref(cases);
  }
  natsConnection_Destroy(nc);
  nats_Close();
  return failed;
}
