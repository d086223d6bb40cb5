/*
 * Both ends of OPC UA by open62541 (C), which shares nothing with the library that the gateway uses.
 *   open62541 serve PORT CERT KEY            a server with ns=1;s=temperature, counting up each 50 ms, until its input ends
 *   open62541 look URL CERT KEY USER WORD    a client: reads, subscribes, tries to write, tries without a password; says what came of it
 */
#include <open62541/client_config_default.h>
#include <open62541/client_highlevel.h>
#include <open62541/client_subscriptions.h>
#include <open62541/plugin/accesscontrol_default.h>
#include <open62541/plugin/certificategroup_default.h>
#include <open62541/plugin/log_stdout.h>
#include <open62541/server.h>
#include <open62541/server_config_default.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static UA_ByteString load(const char *path) {
  UA_ByteString bytes = UA_BYTESTRING_NULL;
  FILE *file = fopen(path, "rb");
  if (!file) exit(2);
  fseek(file, 0, SEEK_END);
  UA_ByteString_allocBuffer(&bytes, (size_t)ftell(file));
  rewind(file);
  if (fread(bytes.data, 1, bytes.length, file) != bytes.length) exit(2);
  fclose(file);
  return bytes;
}

static UA_Double shown = 0;
static void step(UA_Server *server, void *data) {
  (void)data;
  UA_Variant value;
  shown += 1;
  UA_Variant_setScalar(&value, &shown, &UA_TYPES[UA_TYPES_DOUBLE]);
  UA_Server_writeValue(server, UA_NODEID_STRING(1, "temperature"), value);
}

static int serve(char **argv) {
  UA_Server *server = UA_Server_new();
  UA_ServerConfig *config = UA_Server_getConfig(server);
  UA_ByteString certificate = load(argv[3]), key = load(argv[4]);
  UA_StatusCode status = UA_ServerConfig_setDefaultWithSecurityPolicies(config, (UA_UInt16)atoi(argv[2]), &certificate, &key, NULL, 0,
                                                                       NULL, 0, NULL, 0);
  if (status != UA_STATUSCODE_GOOD) return fprintf(stderr, "%s\n", UA_StatusCode_name(status)), 1;
  UA_String_clear(&config->applicationDescription.applicationUri);
  config->applicationDescription.applicationUri = UA_STRING_ALLOC("urn:open62541:peer");
  config->secureChannelPKI.clear(&config->secureChannelPKI);
  config->sessionPKI.clear(&config->sessionPKI);
  UA_CertificateGroup_AcceptAll(&config->secureChannelPKI);
  UA_CertificateGroup_AcceptAll(&config->sessionPKI);
  UA_UsernamePasswordLogin login = {UA_STRING_STATIC("watch"), UA_STRING_STATIC("man-of-war")};
  config->accessControl.clear(&config->accessControl);
  UA_AccessControl_default(config, true, NULL, 1, &login);
  UA_VariableAttributes about = UA_VariableAttributes_default;
  UA_Variant_setScalar(&about.value, &shown, &UA_TYPES[UA_TYPES_DOUBLE]);
  about.displayName = UA_LOCALIZEDTEXT("en", "Temperature");
  about.accessLevel = UA_ACCESSLEVELMASK_READ | UA_ACCESSLEVELMASK_WRITE;
  UA_Server_addVariableNode(server, UA_NODEID_STRING(1, "temperature"), UA_NS0ID(OBJECTSFOLDER), UA_NS0ID(ORGANIZES),
                            UA_QUALIFIEDNAME(1, "temperature"), UA_NS0ID(BASEDATAVARIABLETYPE), about, NULL, NULL);
  UA_Server_addRepeatedCallback(server, step, NULL, 50, NULL);
  status = UA_Server_run_startup(server);
  if (status != UA_STATUSCODE_GOOD) return fprintf(stderr, "%s\n", UA_StatusCode_name(status)), 1;
  puts("ready");
  fflush(stdout);
  struct pollfd input = {0, POLLIN, 0};
  while (poll(&input, 1, 0) == 0) UA_Server_run_iterate(server, true);
  UA_Server_run_shutdown(server);
  UA_Server_delete(server);
  return 0;
}

static UA_Client *client(char **argv) {
  UA_Client *one = UA_Client_new();
  UA_ClientConfig *config = UA_Client_getConfig(one);
  UA_ClientConfig_setDefaultEncryption(config, load(argv[3]), load(argv[4]), NULL, 0, NULL, 0);
  config->certificateVerification.clear(&config->certificateVerification);
  UA_CertificateGroup_AcceptAll(&config->certificateVerification);
  config->securityMode = UA_MESSAGESECURITYMODE_SIGNANDENCRYPT;
  UA_String_clear(&config->clientDescription.applicationUri);
  config->clientDescription.applicationUri = UA_STRING_ALLOC("urn:open62541:peer");
  return one;
}

static void changed(UA_Client *one, UA_UInt32 subscription, void *about, UA_UInt32 item, void *more, UA_DataValue *value) {
  (void)one, (void)subscription, (void)about, (void)item, (void)more;
  if (UA_Variant_hasScalarType(&value->value, &UA_TYPES[UA_TYPES_DOUBLE]))
    printf("changed %g %s\n", *(UA_Double *)value->value.data, UA_StatusCode_name(value->status));
  fflush(stdout);
}

static int look(char **argv) {
  UA_Client *stranger = client(argv);
  UA_StatusCode status = UA_Client_connect(stranger, argv[2]);
  printf("anonymous %s\n", UA_StatusCode_name(status));
  UA_Client_delete(stranger);

  UA_Client *guesser = client(argv);
  printf("guess %s\n", UA_StatusCode_name(UA_Client_connectUsername(guesser, argv[2], argv[5], "some-other-word")));
  UA_Client_delete(guesser);

  UA_Client *one = client(argv);
  status = UA_Client_connectUsername(one, argv[2], argv[5], argv[6]);
  printf("entered %s\n", UA_StatusCode_name(status));
  if (status != UA_STATUSCODE_GOOD) return 1;
  UA_NodeId node = UA_NODEID_STRING(1, "cold-1.temperature");
  UA_Variant value;
  UA_Variant_init(&value);
  status = UA_Client_readValueAttribute(one, node, &value);
  printf("read %s %g\n", UA_StatusCode_name(status),
         UA_Variant_hasScalarType(&value, &UA_TYPES[UA_TYPES_DOUBLE]) ? *(UA_Double *)value.data : -1);
  UA_Variant_clear(&value);
  UA_Double other = 99;
  UA_Variant_setScalar(&value, &other, &UA_TYPES[UA_TYPES_DOUBLE]);
  printf("written %s\n", UA_StatusCode_name(UA_Client_writeValueAttribute(one, node, &value)));
  status = UA_Client_call(one, UA_NODEID_STRING(1, "alarm:cold-1.temperature.too-warm"), UA_NODEID_NUMERIC(0, 9111), 0, NULL, NULL, NULL);
  printf("acknowledged %s\n", UA_StatusCode_name(status));
  UA_CreateSubscriptionRequest wish = UA_CreateSubscriptionRequest_default();
  wish.requestedPublishingInterval = 50;
  UA_CreateSubscriptionResponse made = UA_Client_Subscriptions_create(one, wish, NULL, NULL, NULL);
  UA_MonitoredItemCreateRequest item = UA_MonitoredItemCreateRequest_default(node);
  item.requestedParameters.samplingInterval = 0;
  item.requestedParameters.queueSize = 100;
  UA_Client_MonitoredItems_createDataChange(one, made.subscriptionId, UA_TIMESTAMPSTORETURN_BOTH, item, NULL, changed, NULL);
  puts("listening");
  fflush(stdout);
  struct pollfd input = {0, POLLIN, 0};
  while (poll(&input, 1, 0) == 0 && UA_Client_run_iterate(one, 20) == UA_STATUSCODE_GOOD);
  UA_Client_disconnect(one);
  UA_Client_delete(one);
  puts("left");
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 5 && strcmp(argv[1], "serve") == 0) return serve(argv);
  if (argc == 7 && strcmp(argv[1], "look") == 0) return look(argv);
  return 2;
}
