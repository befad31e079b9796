package io.dstm.datapath.internal.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.dstm.api.datapath.DatapathException;
import io.dstm.api.datapath.PacketBatch;
import io.dstm.api.datapath.PacketMemory;
import io.dstm.datapath.internal.nativecode.NativeLibraryLoader;
import io.dstm.datapath.internal.netlink.LinuxNetworkControl;
import io.dstm.datapath.internal.testing.Isolated;
import io.dstm.datapath.internal.testing.Packets;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TunDeviceTest {

    private Isolated host;

    @BeforeEach
    void isolate() throws Exception {
        host = Isolated.create();
        NativeLibraryLoader.load(null);
    }

    @AfterEach
    void dissolve() throws Exception {
        if (host != null) {
            host.close();
        }
    }

    private TunDevice device() {
        return host.call(() -> {
            TunDevice device = TunDevice.create("dstm0", 1460);
            new LinuxNetworkControl(null).prepareDevice("dstm0", 1460, 2048);
            return device;
        });
    }

    private TunDevice addressedDevice() {
        TunDevice device = device();
        host.sh("ip addr add 10.0.0.1/24 dev dstm0");
        return device;
    }

    private void sendDatagrams(int count, int length) {
        host.run(() -> {
            try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress("10.0.0.1", 5000))) {
                for (int i = 0; i < count; i++) {
                    socket.send(new DatagramPacket(
                            Packets.pattern(length, i), length, InetAddress.getByName("10.0.0.2"), 6000));
                }
            }
        });
    }

    @Test
    void what_a_program_sends_is_received_whole() throws Exception {
        try (TunDevice device = addressedDevice()) {
            sendDatagrams(1, 100);
            PacketBatch batch = Packets.empty(4);

            assertThat(device.receive(batch, 5000)).isEqualTo(1);

            byte[] packet = Packets.packet(batch, 0);
            assertThat(batch.offset(0)).isEqualTo(batch.memory().slotStart(0));
            assertThat(packet).hasSize(128).startsWith(0x45, 0, 0, 128);
            assertThat(Arrays.copyOfRange(packet, 12, 20)).containsExactly(10, 0, 0, 1, 10, 0, 0, 2);
            assertThat(Arrays.copyOfRange(packet, 28, 128)).isEqualTo(Packets.pattern(100, 0));
        }
    }

    @Test
    void what_is_sent_arrives_at_a_program() throws Exception {
        try (TunDevice device = addressedDevice();
                DatagramSocket socket = host.call(() -> new DatagramSocket(new InetSocketAddress("10.0.0.1", 5000)))) {
            byte[] payload = Packets.pattern(1400, 3);

            assertThat(device.send(Packets.batch(Packets.udp("10.0.0.2", 6000, "10.0.0.1", 5000, payload))))
                    .isEqualTo(1);

            DatagramPacket arrived = new DatagramPacket(new byte[2000], 2000);
            socket.setSoTimeout(5000);
            socket.receive(arrived);
            assertThat(Arrays.copyOf(arrived.getData(), arrived.getLength())).isEqualTo(payload);
            assertThat(device.sent()).isEqualTo(1);
        }
    }

    @Test
    void one_call_takes_all_that_wait() throws Exception {
        try (TunDevice device = addressedDevice()) {
            sendDatagrams(50, 20);
            PacketBatch batch = Packets.empty(64);

            assertThat(device.receive(batch, 5000)).isEqualTo(50);

            assertThat(device.calls()).isEqualTo(1);
            for (int i = 0; i < 50; i++) {
                assertThat(Arrays.copyOfRange(Packets.packet(batch, i), 28, 48)).isEqualTo(Packets.pattern(20, i));
            }
        }
    }

    @Test
    void a_full_batch_leaves_the_rest_for_the_next_call() throws Exception {
        try (TunDevice device = addressedDevice()) {
            sendDatagrams(50, 20);
            PacketBatch batch = Packets.empty(20);

            assertThat(device.receive(batch, 5000)).isEqualTo(20);
            assertThat(device.receive(batch, 5000)).isEqualTo(20);
            assertThat(device.receive(batch, 5000)).isEqualTo(10);
            assertThat(Arrays.copyOfRange(Packets.packet(batch, 9), 28, 48)).isEqualTo(Packets.pattern(20, 49));
        }
    }

    @Test
    void a_packet_longer_than_a_slot_is_dropped_and_counted() throws Exception {
        try (TunDevice device = addressedDevice()) {
            sendDatagrams(1, 37);
            sendDatagrams(1, 36);
            PacketBatch batch = new PacketBatch(new PacketMemory(4, 0, 128), 4);

            assertThat(device.receive(batch, 5000)).isEqualTo(1);

            assertThat(batch.length(0)).isEqualTo(64);
            assertThat(device.tooLong()).isEqualTo(1);
            assertThat(device.received()).isEqualTo(1);
        }
    }

    @Test
    void entries_outside_of_the_memory_are_refused_untouched() throws Exception {
        try (TunDevice device = device()) {
            PacketMemory memory = new PacketMemory(1, 0, 128);
            PacketBatch batch = new PacketBatch(memory, 7);
            batch.add(-1, 40);
            batch.add(0, 129);
            batch.add(Integer.MAX_VALUE, Integer.MAX_VALUE);
            batch.add(100, 40);
            batch.add(0, 0);
            batch.add(0, -1);
            memory.bytes().put(64, Packets.udp("10.0.0.2", 1, "10.0.0.1", 2, new byte[0]));
            batch.add(64, 28);

            assertThat(device.send(batch)).isEqualTo(1);
            assertThat(device.refused()).isEqualTo(6);
        }
    }

    @Test
    void a_device_that_is_down_refuses_packets_and_goes_on_when_it_is_up() throws Exception {
        try (TunDevice device = addressedDevice()) {
            byte[] packet = Packets.udp("10.0.0.2", 1, "10.0.0.1", 2, new byte[0]);
            host.sh("ip link set dstm0 down");
            assertThat(device.send(Packets.batch(packet))).isZero();
            host.sh("ip link set dstm0 up");
            assertThat(device.send(Packets.batch(packet))).isEqualTo(1);
            assertThat(device.refused()).isEqualTo(1);
        }
    }

    @Test
    void a_new_device_is_silent() throws Exception {
        try (TunDevice device = device()) {
            assertThat(host.sh("ip -6 addr show dev dstm0")).isEmpty();
            assertThat(device.receive(Packets.empty(4), 300)).isZero();
        }
    }

    @Test
    void receive_returns_when_the_time_is_up() throws Exception {
        try (TunDevice device = device()) {
            PacketBatch batch = Packets.empty(4);
            long before = System.nanoTime();
            assertThat(device.receive(batch, 50)).isZero();
            assertThat(TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - before))
                    .isBetween(49L, 10_000L);
            assertThat(device.receive(batch, 0)).isZero();
        }
    }

    @Test
    void a_wake_up_beforehand_is_not_lost_and_serves_once() throws Exception {
        try (TunDevice device = addressedDevice()) {
            PacketBatch batch = Packets.empty(4);
            sendDatagrams(1, 10);
            device.wakeUp();
            assertThat(device.receive(batch, -1)).isZero();
            assertThat(device.receive(batch, -1)).isEqualTo(1);
        }
    }

    @Test
    void a_wake_up_ends_a_waiting_receive() throws Exception {
        try (TunDevice device = device()) {
            CompletableFuture<Integer> waiting = host.begin(() -> device.receive(Packets.empty(4), -1));
            awaitWaiting();
            device.wakeUp();
            assertThat(waiting.get(10, TimeUnit.SECONDS)).isZero();
        }
    }

    @Test
    void close_ends_a_waiting_receive_and_removes_the_device() throws Exception {
        TunDevice device = device();
        CompletableFuture<Integer> waiting = host.begin(() -> device.receive(Packets.empty(4), -1));
        awaitWaiting();
        device.close();
        assertThat(waiting.get(10, TimeUnit.SECONDS)).isZero();
        assertThat(host.sh("ip -o link")).doesNotContain("dstm0");
        assertThatThrownBy(() -> device.receive(Packets.empty(4), 0)).isInstanceOf(DeviceGoneException.class);
        assertThatThrownBy(() -> device.send(Packets.batch(new byte[40]))).isInstanceOf(DeviceGoneException.class);
        device.wakeUp();
        device.close();
    }

    /** Until the isolated thread sleeps in poll(2), as the kernel tells. */
    private void awaitWaiting() throws Exception {
        host.awaitAsleepIn("poll");
    }

    @Test
    void a_device_that_somebody_removes_ends_receiving_with_the_reason() throws Exception {
        try (TunDevice device = device()) {
            host.sh("ip link delete dstm0");
            assertThatThrownBy(() -> device.receive(Packets.empty(4), 1000))
                    .isInstanceOf(DeviceGoneException.class)
                    .hasMessageContaining("TUN device dstm0 is gone");
            assertThatThrownBy(() -> device.send(Packets.batch(new byte[40]))).isInstanceOf(DeviceGoneException.class);
        }
    }

    @Test
    void says_that_a_name_is_in_use() {
        host.sh("ip link add dstm0 type veth peer name other");
        assertRefused("exists: configure another name");
    }

    @Test
    void does_not_take_over_a_persistent_device() {
        host.sh("ip tuntap add dstm0 mode tun");
        assertRefused("exists: configure another name");
    }

    @Test
    void says_that_the_clone_device_is_missing() {
        host.sh("mount -t tmpfs none /dev/net");
        assertRefused("/dev/net/tun is missing: load the module (modprobe tun)");
    }

    @Test
    void says_that_the_right_to_create_devices_is_missing() {
        host.drop(12);
        assertRefused("CAP_NET_ADMIN");
    }

    private void assertRefused(String reason) {
        assertThatThrownBy(() -> host.tryCall(() -> TunDevice.create("dstm0", 1460)))
                .isInstanceOf(DatapathException.class)
                .hasMessageContaining(reason);
    }
}
