package io.dstm.itests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;

/** Bulk TCP between a node and the web server. */
final class Transfer {

    private Transfer() {}

    /** Moves so many bytes down and up again; both ends must see the same checksum. */
    static void bothWays(Lab lab, String node, long bytes, Path files) throws Exception {
        Path file = files.resolve("transfer-" + node);
        String url = "http://" + Lab.WEB_ADDRESS + "/bytes/" + bytes;
        lab.curl(node, "-o", file.toString(), url);
        assertThat(Files.size(file)).isEqualTo(bytes);
        String expected = lab.run(Lab.WEB, "sh", "-c", "curl -s " + url + " | sha256sum")
                .output()
                .split(" ")[0];
        assertThat(ReachIT.sha256(file)).isEqualTo(expected);
        up(lab, node, file);
        Files.delete(file);
    }

    /** Moves a file up; both ends must see the same checksum. */
    static void up(Lab lab, String node, Path file) throws Exception {
        assertThat(lab.curl(node, "-T", file.toString(), "http://" + Lab.WEB_ADDRESS + "/upload"))
                .isEqualTo(ReachIT.sha256(file));
    }
}
