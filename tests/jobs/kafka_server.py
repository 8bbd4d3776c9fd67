"""A Kafka broker (KRaft: broker and controller in one) on free ports of 127.0.0.1 over a temporary folder, and the same
topics as other programs see them: by confluent-kafka."""
import base64
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid

import confluent_kafka
import confluent_kafka.admin

STARTS_WITHIN = 90  # seconds; it takes three where nothing else runs


def jars():
    """None if scripts/setup.sh hasn't put them in place."""
    for folder in pathlib.Path(__file__).resolve().parents:
        found = folder / ".deps" / "kafka"
        if list(found.glob("kafka_2.13-*.jar")):
            return found
    return None


def free_ports(count):
    """Ports that the kernel gave us just now; it doesn't give them again soon."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


SETTINGS = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners={protocol}://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners={protocol}://127.0.0.1:{port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SASL_PLAINTEXT:SASL_PLAINTEXT
inter.broker.listener.name={protocol}
controller.listener.names=CONTROLLER
log.dirs={folder}/data
num.partitions=1
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
group.initial.rebalance.delay.ms=0
log.retention.check.interval.ms=500
log.initial.task.delay.ms=500
"""
SASL = """sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_plaintext.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  username="weir" password="{password}" user_weir="{password}";
"""


class KafkaServer:
    def __init__(self, password=None):
        """With a password clients must log in as `weir` by SASL/PLAIN."""
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="weir-kafka-"))
        self.password = password
        for tries_left in (2, 1, 0):
            self._format()
            try:
                self.start()
                return
            except AssertionError:  # another program may have taken a port meanwhile
                if not tries_left:
                    raise
                self.kill()

    def _format(self):
        """New settings with new ports, and an empty log folder."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        self.port, controller = free_ports(2)
        settings = SETTINGS.format(port=self.port, controller=controller, folder=self.folder,
                                   protocol="SASL_PLAINTEXT" if self.password else "PLAINTEXT")
        if self.password:
            settings += SASL.format(password=self.password)
        (self.folder / "server.properties").write_text(settings)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        self._java("kafka.tools.StorageTool", "format", "-t", cluster, "-c", self.folder / "server.properties").wait()

    @property
    def brokers(self):
        return f"127.0.0.1:{self.port}"

    def _java(self, *words):
        program = pathlib.Path(os.environ.get("JAVA_HOME", "/usr")) / "bin" / "java"
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([program, "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp",
                                     f"{jars()}/*", *words], stdout=log, stderr=log)

    def start(self):
        """Returns once the broker answers."""
        self.process = self._java("kafka.Kafka", self.folder / "server.properties")
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            try:
                self.admin().list_topics(timeout=1)
                return
            except confluent_kafka.KafkaException:
                pass  # list_topics has waited already
        raise AssertionError("Kafka doesn't start:\n" + (self.folder / "log").read_text()[-2000:])

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def restart(self):
        """As after a power cut."""
        self.kill()
        self.start()

    def client(self, **settings):
        found = {"bootstrap.servers": self.brokers, "log_level": 0}
        if self.password:
            found |= {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "weir",
                      "sasl.password": self.password}
        return found | {name.replace("_", "."): value for name, value in settings.items()}

    def admin(self):
        return confluent_kafka.admin.AdminClient(self.client())

    def make_topic(self, name, partitions=1, **settings):
        topic = confluent_kafka.admin.NewTopic(
            name, num_partitions=partitions, replication_factor=1,
            config={key.replace("_", "."): str(value) for key, value in settings.items()})
        admin = self.admin()  # which must outlive what it promises
        for made in admin.create_topics([topic], operation_timeout=30).values():
            made.result()

    def delete_before(self, topic, partition, offset):
        """Drops what lies before an offset, as retention does."""
        where = confluent_kafka.TopicPartition(topic, partition, offset)
        admin = self.admin()
        for dropped in admin.delete_records([where]).values():
            dropped.result()

    def produce(self, topic, messages, transaction=None, abort=False):
        """Messages are (partition, bytes), in their order; returns their offsets."""
        settings = self.client(**({"transactional_id": transaction} if transaction else {"acks": "all"}))
        producer = confluent_kafka.Producer(settings | {"linger.ms": 20, "queue.buffering.max.messages": 1_000_000})
        offsets = []
        problems = []

        def delivered(error, message):
            problems.append(error) if error else offsets.append((message.partition(), message.offset()))

        if transaction:
            producer.init_transactions(30)
            producer.begin_transaction()
        for partition, value in messages:
            producer.produce(topic, value, partition=partition, on_delivery=delivered)
            producer.poll(0)
        assert producer.flush(60) == 0, "messages were not delivered in time"
        if transaction:
            producer.abort_transaction(30) if abort else producer.commit_transaction(30)
        assert not problems, problems[0]
        return offsets

    def read(self, topic, isolation="read_committed"):
        """All messages of a topic, (partition, offset, key, value, headers), in the order of partition and offset."""
        consumer = confluent_kafka.Consumer(self.client(
            group_id=f"reader-{uuid.uuid4()}", isolation_level=isolation, enable_partition_eof=True,
            enable_auto_commit=False, auto_offset_reset="earliest"))
        partitions = consumer.list_topics(topic, timeout=30).topics[topic].partitions
        consumer.assign([confluent_kafka.TopicPartition(topic, number, confluent_kafka.OFFSET_BEGINNING)
                         for number in partitions])
        found = []
        at_end = set()
        while len(at_end) < len(partitions):
            message = consumer.poll(30)
            assert message is not None, f"{topic}: no answer"
            if message.error() is None:
                found.append((message.partition(), message.offset(), message.key(), message.value(),
                              dict(message.headers() or [])))
            else:
                assert message.error().code() == confluent_kafka.KafkaError._PARTITION_EOF, message.error()
                at_end.add(message.partition())
        consumer.close()
        return sorted(found, key=lambda message: message[:2])

    def committed(self, group, topic, partitions):
        """The offsets that a group has committed, by partition."""
        consumer = confluent_kafka.Consumer(self.client(group_id=group, enable_auto_commit=False))
        found = consumer.committed([confluent_kafka.TopicPartition(topic, number) for number in range(partitions)],
                                   timeout=30)
        consumer.close()
        return {one.partition: one.offset for one in found}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)
