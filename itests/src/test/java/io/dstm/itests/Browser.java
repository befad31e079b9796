package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Debian's Chromium without a window, in a namespace, driven over WebDriver (W3C) by curl: the test itself is outside. */
final class Browser implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String DRIVER = "http://127.0.0.1:9515";
    private static final String ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

    private final Lab lab;
    private final String namespace;
    private final Process driver;
    private final Path files;
    private String session = "";

    /** Starts it. */
    Browser(Lab lab, String namespace) throws IOException {
        this.lab = lab;
        this.namespace = namespace;
        files = Files.createTempDirectory("dstm-browser");
        driver = lab.spawn(namespace, "chromedriver", "--port=9515", "--log-path=" + files.resolve("driver.log"));
        Lab.eventually("chromedriver answers", Duration.ofSeconds(60), () -> send("GET", "/status", null)
                .at("/value/ready")
                .asBoolean());
        ObjectNode wanted = JSON.createObjectNode();
        wanted.putObject("capabilities")
                .putObject("alwaysMatch")
                .put("browserName", "chrome")
                .putObject("goog:chromeOptions")
                .putArray("args")
                .add("--headless=new")
                .add("--no-sandbox")
                .add("--disable-gpu")
                .add("--disable-dev-shm-usage")
                .add("--hide-scrollbars")
                .add("--lang=en")
                .add("--user-data-dir=" + files.resolve("profile"));
        JsonNode begun = send("POST", "/session", wanted);
        session = begun.at("/value/sessionId").asText();
        assertThat(session).as("%s", begun).isNotEmpty();
    }

    private JsonNode send(String method, String path, JsonNode body) throws IOException {
        List<String> command = new java.util.ArrayList<>(
                List.of("curl", "-s", "--max-time", "60", "-X", method, "-H", "Content-Type: application/json"));
        Path file = files.resolve("body.json");
        if (body != null) {
            Files.write(file, JSON.writeValueAsBytes(body));
            command.addAll(List.of("--data-binary", "@" + file));
        }
        command.add(DRIVER + path);
        String output = lab.run(namespace, command.toArray(String[]::new)).output();
        return JSON.readTree(output.getBytes(StandardCharsets.ISO_8859_1));
    }

    private JsonNode of(String method, String path, JsonNode body) {
        try {
            JsonNode answer = send(method, "/session/" + session + path, body).path("value");
            if (answer.has("error")) {
                throw new AssertionError(
                        method + " " + path + ": " + answer.path("message").asText());
            }
            return answer;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Opens a page. */
    void open(String url) {
        of("POST", "/url", JSON.createObjectNode().put("url", url));
    }

    /** Makes the window so large, as a telephone's or a desk's. */
    void size(int width, int height) {
        of("POST", "/window/rect", JSON.createObjectNode().put("width", width).put("height", height));
    }

    private String element(String selector) {
        return of(
                        "POST",
                        "/element",
                        JSON.createObjectNode().put("using", "css selector").put("value", selector))
                .path(ELEMENT)
                .asText();
    }

    /** Clicks what a person could click. */
    void click(String selector) {
        Lab.eventually("click " + selector, Duration.ofSeconds(20), () -> {
            of("POST", "/element/" + element(selector) + "/click", JSON.createObjectNode());
            return true;
        });
    }

    /** Puts a text into a field, in place of what is there. */
    void type(String selector, String text) {
        String field = element(selector);
        of("POST", "/element/" + field + "/clear", JSON.createObjectNode());
        of("POST", "/element/" + field + "/value", JSON.createObjectNode().put("text", text));
    }

    /** What a person sees there; empty while it is not shown. */
    String text(String selector) {
        return of("GET", "/element/" + element(selector) + "/text", null).asText();
    }

    /** What a function body returns. */
    JsonNode script(String body) {
        ObjectNode call = JSON.createObjectNode().put("script", body);
        call.putArray("args");
        return of("POST", "/execute/sync", call);
    }

    /** How many elements are there that a person can see. */
    int count(String selector) {
        return script("return [...document.querySelectorAll(" + quoted(selector)
                        + ")].filter(it => it.checkVisibility()).length")
                .asInt();
    }

    private static String quoted(String text) {
        return JSON.getNodeFactory().textNode(text).toString();
    }

    /** Waits until a text is shown. */
    void shows(String selector, String text) {
        Lab.eventually(selector + " shows '" + text + "'", Duration.ofSeconds(30), () -> text(selector)
                .contains(text));
    }

    /** Takes a picture of the window. */
    void picture(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.write(
                    file,
                    Base64.getDecoder().decode(of("GET", "/screenshot", null).asText()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What axe-core finds wrong with the page as it is: nothing, it is hoped. */
    List<String> violations() {
        try (InputStream axe = Browser.class.getResourceAsStream("/axe.min.js")) {
            script(new String(axe.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ObjectNode call = JSON.createObjectNode()
                .put(
                        "script",
                        "const done = arguments[arguments.length - 1];"
                                + "axe.run().then(it => done(it.violations.map(v => v.id + ': '"
                                + " + v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | '))))");
        call.putArray("args");
        JsonNode found = of("POST", "/execute/async", call);
        List<String> violations = new java.util.ArrayList<>();
        found.forEach(each -> violations.add(each.asText()));
        return violations;
    }

    @Override
    public void close() throws IOException {
        send("DELETE", "/session/" + session, null);
        List<ProcessHandle> all = driver.descendants().toList();
        driver.destroy();
        all.forEach(ProcessHandle::destroy);
        try {
            driver.waitFor(20, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
