package dev.tweed.agent.api;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** Answers as kube-apiserver 1.35 gave them, shortened, byte by byte. */
final class Recorded {

  static final String LIST_BODY =
      """
      {"apiVersion":"tweed.dev/v1alpha1","items":[\
      {"apiVersion":"tweed.dev/v1alpha1","kind":"NodeSubnet","metadata":\
      {"creationTimestamp":"2026-11-29T13:00:00Z","generation":1,"labels":{"zone":"\\u00e4\\"}"},\
      "managedFields":[{"apiVersion":"tweed.dev/v1alpha1","fieldsType":"FieldsV1","fieldsV1":\
      {"f:spec":{".":{},"f:cidr":{}}},"manager":"tweed-operator","operation":"Apply"}],\
      "name":"a","resourceVersion":"101","uid":"u-a"},"spec":{"cidr":"10.244.1.0/24"}},\
      {"apiVersion":"tweed.dev/v1alpha1","kind":"NodeSubnet","metadata":\
      {"creationTimestamp":"2026-11-29T13:00:01Z","generation":1,"name":"b","resourceVersion":"102",\
      "uid":"u-b"},"spec":{"cidr":"10.244.2.0/24"}}],\
      "kind":"NodeSubnetList","metadata":{"continue":"","resourceVersion":"110"}}
      """;

  static final String LIST =
      """
      HTTP/1.1 200 OK\r
      Audit-Id: 0f2c\r
      Cache-Control: no-cache, private\r
      Content-Type: application/json\r
      X-Kubernetes-Pf-Flowschema-Uid: 3e7a\r
      Date: Sun, 29 Nov 2026 13:00:02 GMT\r
      Content-Length: %d\r
      \r
      %s"""
          .formatted(LIST_BODY.length(), LIST_BODY);

  static final String WATCH =
      """
      HTTP/1.1 200 OK\r
      Content-Type: application/json\r
      Transfer-Encoding: chunked\r
      \r
      """
          + chunk(
              """
              {"type":"ADDED","object":{"kind":"NodeSubnet","metadata":{"name":"c",\
              "resourceVersion":"111"},"spec":{"cidr":"10.244.3.0/24"}}}
              """)
          + chunk(
              """
              {"type":"DELETED","object":{"kind":"NodeSubnet","metadata":{"name":"a",\
              "resourceVersion":"112"}}}
              """)
          + chunk(
              """
              {"type":"BOOKMARK","object":{"kind":"NodeSubnet","metadata":\
              {"resourceVersion":"120","creationTimestamp":null},"spec":{}}}
              """)
          + "0\r\n\r\n";

  static final String EXPIRED =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
          + chunk(
              """
              {"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},\
              "status":"Failure","message":"too old resource version: 1 (2)","reason":"Expired",\
              "code":410}}
              """)
          + "0\r\n\r\n";

  static final String BUSY_BODY =
      """
      {"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":\
      "Too many requests, please try again later.","reason":"TooManyRequests",\
      "details":{"retryAfterSeconds":1},"code":429}
      """;

  static final String BUSY =
      "HTTP/1.1 429 Too Many Requests\r\nContent-Type: application/json\r\nRetry-After: 7\r\n"
          + "Content-Length: %d\r\n\r\n%s".formatted(BUSY_BODY.length(), BUSY_BODY);

  private Recorded() {}

  static String chunk(String text) {
    return "%x\r\n%s\r\n".formatted(text.length(), text);
  }

  static HttpAnswer answer(String bytes) throws IOException {
    return HttpAnswer.read(stream(bytes));
  }

  static InputStream stream(String bytes) {
    return new ByteArrayInputStream(bytes.getBytes(StandardCharsets.UTF_8));
  }

  /** The same bytes, of which those after an offset come later. */
  static InputStream inTwo(String text, int offset) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new InputStream() {
      private int at;

      @Override
      public int read() {
        return at < bytes.length ? bytes[at++] & 0xff : -1;
      }

      @Override
      public int read(byte[] into, int from, int length) {
        if (at == bytes.length) {
          return length == 0 ? 0 : -1;
        }
        int end = at < offset ? offset : bytes.length;
        int n = Math.min(length, end - at);
        System.arraycopy(bytes, at, into, from, n);
        at += n;
        return n;
      }
    };
  }
}
