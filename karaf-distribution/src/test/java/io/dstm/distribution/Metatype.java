package io.dstm.distribution;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * What a bundle says of a configuration of its own (OSGi Compendium, Metatype Service).
 *
 * @param pid the PID
 * @param factory whether there may be several configurations of it
 * @param keys every key with its default; the empty text for none
 * @param required keys that must be there
 * @param description what it is for
 * @param meanings what each key means
 */
record Metatype(
        String pid,
        boolean factory,
        Map<String, String> keys,
        List<String> required,
        String description,
        Map<String, String> meanings) {

    private static final String FOLDER = "OSGI-INF/metatype/";

    /** Those of every bundle on the class path, by PID. */
    static Map<String, Metatype> all() throws IOException, URISyntaxException {
        Map<String, Metatype> all = new TreeMap<>();
        for (URL folder : Collections.list(Metatype.class.getClassLoader().getResources(FOLDER))) {
            URI uri = folder.toURI();
            if (uri.getScheme().equals("jar")) {
                try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                    read(jar.getPath(FOLDER), all);
                }
            } else {
                read(Path.of(uri), all);
            }
        }
        return all;
    }

    private static void read(Path folder, Map<String, Metatype> all) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(
                            candidate -> candidate.getFileName().toString().startsWith("io.dstm"))
                    .toList()) {
                Metatype metatype = read(file);
                all.put(metatype.pid, metatype);
            }
        }
    }

    private static Metatype read(Path file) throws IOException {
        Element root;
        try (InputStream in = Files.newInputStream(file)) {
            root = DocumentBuilderFactory.newInstance()
                    .newDocumentBuilder()
                    .parse(in)
                    .getDocumentElement();
        } catch (ParserConfigurationException | SAXException wrong) {
            throw new IOException(file.toString(), wrong);
        }
        Map<String, String> keys = new LinkedHashMap<>();
        Map<String, String> meanings = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        NodeList attributes = root.getElementsByTagName("AD");
        for (int i = 0; i < attributes.getLength(); i++) {
            Element attribute = (Element) attributes.item(i);
            String key = attribute.getAttribute("id");
            keys.put(key, attribute.getAttribute("default").replace("\\,", ","));
            meanings.put(key, attribute.getAttribute("description"));
            if (!attribute.hasAttribute("default")
                    && !attribute.getAttribute("required").equals("false")) {
                required.add(key);
            }
        }
        Element designate = (Element) root.getElementsByTagName("Designate").item(0);
        boolean factory = designate.hasAttribute("factoryPid");
        String description = ((Element) root.getElementsByTagName("OCD").item(0)).getAttribute("description");
        return new Metatype(
                designate.getAttribute(factory ? "factoryPid" : "pid"), factory, keys, required, description, meanings);
    }
}
