"""All exercises and problems of the book, in its order; then what its text suggests, with 0 for the number.

Each row: the number in the chapter, what it is about, the section of the book, and the names of the files
that answer it. Several exercises may have one program.
"""

from __future__ import annotations

SIGMOID_NEURONS = "Sigmoid neurons"
SIMPLE_NETWORK = "A simple network to classify handwritten digits"
GRADIENT_DESCENT = "Learning with gradient descent"
IMPLEMENTING = "Implementing our network to classify digits"
FOUR_EQUATIONS = "The four fundamental equations behind backpropagation"
PROOF = "Proof of the four fundamental equations"
ALGORITHM = "The backpropagation algorithm"
BACKPROPAGATION_CODE = "The code for backpropagation"
CROSS_ENTROPY = "The cross-entropy cost function"
MEANING = "What does the cross-entropy mean? Where does it come from?"
SOFTMAX = "Softmax"
REGULARIZATION = "Other techniques for regularization"
WEIGHTS = "Weight initialization"
CODE = "Handwriting recognition revisited: the code"
HYPER_PARAMETERS = "How to choose a neural network's hyper-parameters?"
VARIATIONS = "Variations on stochastic gradient descent"
OTHER_NEURONS = "Other models of artificial neuron"
MANY_INPUTS = "Many input variables"
BEYOND_SIGMOIDS = "Extension beyond sigmoid neurons"
CAUSES = "What's causing the vanishing gradient problem?"
INTRODUCING = "Introducing convolutional networks"
IN_PRACTICE = "Convolutional neural networks in practice"
NETWORK3 = "The code for our convolutional networks"

Row = tuple[int, str, str, *tuple[str, ...]]

TABLE: dict[int, list[Row]] = {
    1: [
        (1, "Perceptrons times a constant", SIGMOID_NEURONS, "nand_adder"),
        (2, "Sigmoid neurons become perceptrons", SIGMOID_NEURONS, "sigmoids_as_perceptrons"),
        (3, "A layer that writes digits in bits", SIMPLE_NETWORK, "bitwise_output"),
        (4, "The steepest direction", GRADIENT_DESCENT, "steepest_descent"),
        (5, "Gradient descent with one variable", GRADIENT_DESCENT, "one_variable"),
        (6, "Mini-batches of one image", GRADIENT_DESCENT, "online_learning"),
        (7, "The output, neuron by neuron", IMPLEMENTING, "component_form"),
        (8, "A network without a hidden layer", IMPLEMENTING, "no_hidden_layer"),
    ],
    2: [
        (1, "Backpropagation as a product of matrices", FOUR_EQUATIONS, "matrix_form"),
        (2, "The proof of BP3 and BP4", PROOF, "bp3_bp4"),
        (3, "One neuron of another kind", ALGORITHM, "modified_neuron"),
        (4, "Linear neurons", ALGORITHM, "linear_neurons"),
        (5, "A mini-batch as one matrix", BACKPROPAGATION_CODE, "matrix_backprop"),
    ],
    3: [
        (1, "The derivative of the sigmoid", CROSS_ENTROPY, "sigmoid_derivative"),
        (2, "y and a exchanged", CROSS_ENTROPY, "swapped_roles"),
        (3, "Targets between 0 and 1", CROSS_ENTROPY, "cross_entropy_minimum"),
        (4, "Both costs in a network of many layers", CROSS_ENTROPY, "both_costs"),
        (5, "Linear outputs and the quadratic cost", CROSS_ENTROPY, "linear_output"),
        (6, "The factor x_j stays", MEANING, "input_factor"),
        (7, "Sigmoid outputs need not sum to 1", SOFTMAX, "sigmoids_do_not_sum"),
        (8, "Softmax is monotonic", SOFTMAX, "softmax_monotonic"),
        (9, "Softmax is not local", SOFTMAX, "softmax_not_local"),
        (10, "Softmax inverted", SOFTMAX, "softmax_inverted"),
        (11, "The gradients of a softmax layer", SOFTMAX, "softmax_gradients"),
        (12, "Why softmax is called soft", SOFTMAX, "softmax_soft"),
        (13, "Backpropagation with softmax", SOFTMAX, "softmax_log_likelihood"),
        (14, "Rotations that are too large", REGULARIZATION, "rotations"),
        (15, "Very much data", REGULARIZATION, "data_size"),
        (16, "The spread of z at the start", WEIGHTS, "init_spread"),
        (17, "L2 makes good first weights", WEIGHTS, "decay_as_init"),
        (18, "L1 regularisation", CODE, "l1"),
        (19, "cost_derivative and the cross-entropy", CODE, "cost_derivative"),
        (20, "Early stopping", HYPER_PARAMETERS, "early_stopping"),
        (21, "A stopping rule of your own", HYPER_PARAMETERS, "early_stopping"),
        (22, "Half the learning rate", HYPER_PARAMETERS, "halve_eta"),
        (23, "Learning lmbda and eta by gradient descent", HYPER_PARAMETERS, "gradient_of_lmbda"),
        (24, "Momentum with mu above 1", VARIATIONS, "momentum"),
        (25, "Momentum with mu below 0", VARIATIONS, "momentum"),
        (26, "Momentum in network2", VARIATIONS, "momentum"),
        (27, "tanh is a sigmoid", OTHER_NEURONS, "tanh_identity"),
        (0, "One neuron that starts badly wrong", CROSS_ENTROPY, "saturated_neuron"),
        (0, "An accuracy every 1,000 images", HYPER_PARAMETERS, "monitor_often"),
        (0, "Zeros and ones first", HYPER_PARAMETERS, "zeros_and_ones"),
        (0, "Mini-batch size against time", HYPER_PARAMETERS, "mini_batch_time"),
        (0, "Another activation in each layer", OTHER_NEURONS, "activation_per_layer"),
    ],
    4: [
        (1, "A tower with one hidden layer", MANY_INPUTS, "one_hidden_layer"),
        (2, "Rectified linear neurons are universal", BEYOND_SIGMOIDS, "relu_universality"),
        (3, "Linear neurons are not universal", BEYOND_SIGMOIDS, "linear_not_universal"),
    ],
    5: [
        (1, "A steeper activation", CAUSES, "other_activation"),
        (2, "Where the gradient does not shrink", CAUSES, "width_of_activations"),
        (3, "A neuron that passes on its input", CAUSES, "identity_neuron"),
    ],
    6: [
        (1, "Backpropagation through a convolution", INTRODUCING, "convolution_backprop"),
        (2, "Without the fully connected layer", IN_PRACTICE, "no_fully_connected"),
        (3, "tanh in place of the sigmoid", IN_PRACTICE, "tanh"),
        (4, "Shifted images and convolution", IN_PRACTICE, "translations"),
        (5, "network3 stops early", NETWORK3, "network3_early_stopping"),
        (6, "network3 on any data", NETWORK3, "network3_accuracy"),
        (7, "network3 with a schedule for eta", NETWORK3, "network3_schedule"),
        (8, "network3 on distorted images", NETWORK3, "network3_distortions"),
        (9, "network3 saved and loaded", NETWORK3, "network3_save_load"),
        (10, "Does it overfit?", NETWORK3, "overfitting"),
        (11, "Rescaled weights of rectified linear neurons", NETWORK3, "relu_rescaling"),
        (12, "The gradient of rectified linear neurons", NETWORK3, "relu_gradient"),
        (0, "The large network of 2010", IN_PRACTICE, "ciresan"),
    ],
}
